# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2013,SC2154
# The package's Makefile, and the test that is run on the target.

test_package_fields() {
	sdk show-ctresolved >"$device/fields"
	for field in 'LICENSE MIT' 'LICENSE_FILES LICENSE' 'CPE cpe:/a:ctresolved:ctresolved' 'USERID ctresolved=6962:ctresolved=6962' \
		'CONFFILES /etc/config/ctresolved'; do
		grep -Fqx "$field" "$device/fields" || {
			echo "no $field"
			cat "$device/fields"
			return 1
		}
	done
	grep -q '^DEPENDS .*+ca-bundle .*+ctresolved-loglist' "$device/fields"
}

test_package_version_is_the_projects() {
	is version "$(sed -n "s/^  version: '\(.*\)',/VERSION \1/p" "$source/meson.build")" "$(sdk show-ctresolved | grep '^VERSION')"
}

test_package_build_options_exist() {
	for option in $(sdk show-ctresolved | sed -n 's/^MESON //p'); do
		name=${option#-D}
		# b_…: meson's own.
		grep -q "^option('${name%=*}', type: " "$source/meson_options.txt" || [ "${name#b_}" != "$name" ] || {
			echo "no $option"
			return 1
		}
	done
}

test_package_license_is_there() {
	[ -s "$source/$(sdk show-ctresolved | sed -n 's/^LICENSE_FILES //p')" ]
}

test_package_source_is_all_that_is_built() {
	sdk prepare PKG_BUILD_DIR="$device/source"
	for folder in $(sed -n "s/^ *subdir('\([^']*\)')/\1/p" "$source/meson.build"); do
		[ -e "$device/source/$folder/meson.build" ] || [ "$folder" = tests ] || {
			echo "no $folder"
			return 1
		}
	done
	rm -rf "$device/source"
}

test_package_keeps_what_was_learnt_over_an_upgrade() {
	has /lib/upgrade/keep.d/ctresolved /etc/ctresolved/
}

test_package_is_tested_on_the_target() {
	cp "$source/packaging/openwrt/ctresolved/test.sh" "$device/root/tmp/test.sh"
	mkdir -p "$device/root/usr/local/share"
	ln -sfn /usr/share/ctresolved "$device/root/usr/local/share/ctresolved"
	version=$(sdk show-ctresolved | sed -n 's/^VERSION //p')
	on /bin/sh /tmp/test.sh ctresolved "$version"
	on /bin/sh /tmp/test.sh ctresolved-loglist "$version"
	fails on /bin/sh /tmp/test.sh ctresolved 99.9
	rm "$device/root/usr/share/ctresolved/log_list.json"
	fails on /bin/sh /tmp/test.sh ctresolved-loglist "$version"
}

# Whoever reads the tutorial finds what it speaks of.
test_package_options_are_in_the_tutorial() {
	for option in $(sed -n 's/^[# \t]*\(option\|list\) \([a-z_]*\) .*/\2/p' "$source/packaging/openwrt/ctresolved/files/ctresolved.config" | sort -u); do
		grep -q "\`$option\`" "$source/packaging/openwrt/README.md" || {
			echo "$option is not in README.md"
			return 1
		}
	done
}
