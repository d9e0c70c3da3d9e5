# SPDX-License-Identifier: MIT
# bash completion for ctresolvectl(1)

_ctresolvectl() {
	local cur=$2 prev=$3 verb='' action='' i
	local verbs='status query statistics flush-caches monitor portal probe verify evidence log-list'
	local common='--json --help'

	case $prev in
	--policy)
		mapfile -t COMPREPLY < <(compgen -W 'two-logs chrome apple' -- "$cur")
		return
		;;
	-c | --config | -s | --signature | -k | --key | --trust-anchors | --log-list | --tls-scts | --ocsp)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--ip | --name | --time | --for | --link | --server) return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c | --config) ((i++)) ;;
		-*) ;;
		*)
			if [ -z "$verb" ]; then
				verb=${COMP_WORDS[i]}
			elif [ -z "$action" ]; then
				action=${COMP_WORDS[i]}
			fi
			;;
		esac
	done
	case $verb in
	'') mapfile -t COMPREPLY < <(compgen -W "$verbs --config --version $common" -- "$cur") ;;
	verify)
		mapfile -t COMPREPLY < <(compgen -W "--ip --name --time --trust-anchors --log-list --policy --tls-scts --ocsp $common" -- "$cur"
			compgen -f -- "$cur")
		;;
	portal) mapfile -t COMPREPLY < <(compgen -W "--for --link --server --close $common" -- "$cur") ;;
	log-list)
		if [ -z "$action" ]; then
			mapfile -t COMPREPLY < <(compgen -W "show check install $common" -- "$cur")
		else
			mapfile -t COMPREPLY < <(compgen -W "--signature --key $common" -- "$cur"
				compgen -f -- "$cur")
		fi
		;;
	*) mapfile -t COMPREPLY < <(compgen -W "$common" -- "$cur") ;;
	esac
}
complete -o filenames -F _ctresolvectl ctresolvectl
