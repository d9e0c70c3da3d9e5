# SPDX-License-Identifier: MIT
# One operation on a file of UCI: ENVIRON has VERB, PACKAGE, WHAT (SECTION[.OPTION]), VALUE.

function unquoted(text) {
	return text ~ /^'.*'$/ || text ~ /^".*"$/ ? substr(text, 2, length(text) - 2) : text
}

# What stands behind the first two words.
function value(text) {
	sub(/^[ \t]*[^ \t]+[ \t]+[^ \t]+[ \t]+/, "", text)
	sub(/[ \t]+$/, "", text)
	return unquoted(text)
}

function add(kind, name, text) {
	if (kind == "option" || !((section, name) in size)) {
		if (!((section, name) in size))
			options[section, ++many[section]] = name
		kinds[section, name] = kind
		size[section, name] = 0
	}
	values[section, name, ++size[section, name]] = text
}

$1 == "config" {
	section = NF > 2 ? unquoted($3) : sprintf("cfg%02x%04x", sections + 1, (sections + 1) * 257)
	named[section] = NF > 2
	type[section] = unquoted($2)
	order[++sections] = section
}
$1 == "option" || $1 == "list" { add($1, unquoted($2), value($0)) }

function get(  text, i) {
	for (i = 1; i <= size[section, name]; i++)
		text = text (i > 1 ? " " : "") values[section, name, i]
	print text
}

function forget() {
	for (i = 1; i <= many[section]; i++)
		if (options[section, i] == name)
			options[section, i] = ""
	delete size[section, name]
}

function write_section(s,  i, j, n) {
	print "config " type[s] (named[s] ? " '" s "'" : "")
	for (i = 1; i <= many[s]; i++) {
		n = options[s, i]
		for (j = 1; n != "" && j <= size[s, n]; j++)
			print "\t" kinds[s, n] " " n " '" values[s, n, j] "'"
	}
	print ""
}

END {
	verb = ENVIRON["VERB"]
	split(ENVIRON["WHAT"], part, ".")
	section = part[1]
	name = part[2]
	if (verb == "show") {
		for (i = 1; i <= sections; i++)
			print ENVIRON["PACKAGE"] "." order[i] "=" type[order[i]]
		exit 0
	}
	there = (section, name) in size
	if (!(section in type) || (!there && (verb == "get" || verb == "delete")))
		exit 1
	if (verb == "get") {
		get()
		exit 0
	}
	if (verb == "delete")
		forget()
	else
		add(verb == "add_list" ? "list" : "option", name, ENVIRON["VALUE"])
	for (i = 1; i <= sections; i++)
		write_section(order[i])
}
