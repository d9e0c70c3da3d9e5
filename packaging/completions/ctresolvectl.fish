# SPDX-License-Identifier: MIT
# fish completion for ctresolvectl(1)

set -l verbs status query statistics flush-caches monitor portal probe verify evidence log-list
set -l verify '__fish_seen_subcommand_from verify'
set -l portal '__fish_seen_subcommand_from portal'
set -l list '__fish_seen_subcommand_from log-list'

complete -c ctresolvectl -f
complete -c ctresolvectl -s c -l config -r -F -d 'The configuration'
complete -c ctresolvectl -s j -l json -d 'Print JSON'
complete -c ctresolvectl -l version -d 'Print the version'
complete -c ctresolvectl -s h -l help -d 'Print help'
complete -c ctresolvectl -n "not __fish_seen_subcommand_from $verbs" -a status -d 'What upstreams are judged by'
complete -c ctresolvectl -n "not __fish_seen_subcommand_from $verbs" -a query -d 'Ask the daemon'
complete -c ctresolvectl -n "not __fish_seen_subcommand_from $verbs" -a statistics -d 'What it has counted'
complete -c ctresolvectl -n "not __fish_seen_subcommand_from $verbs" -a flush-caches -d 'Make it forget all answers'
complete -c ctresolvectl -n "not __fish_seen_subcommand_from $verbs" -a monitor -d 'See queries go by'
complete -c ctresolvectl -n "not __fish_seen_subcommand_from $verbs" -a portal -d 'Get through a captive portal'
complete -c ctresolvectl -n "not __fish_seen_subcommand_from $verbs" -a probe -d 'Connect to a server, show the verdict'
complete -c ctresolvectl -n "not __fish_seen_subcommand_from $verbs" -a verify -d 'The verdict on certificates in a file'
complete -c ctresolvectl -n "not __fish_seen_subcommand_from $verbs" -a evidence -d 'What certificates upstreams have shown'
complete -c ctresolvectl -n "not __fish_seen_subcommand_from $verbs" -a log-list -d 'The list of logs'
complete -c ctresolvectl -n $verify -l ip -x -d 'The address dialled'
complete -c ctresolvectl -n $verify -l name -x -d 'The authentication name'
complete -c ctresolvectl -n $verify -l time -x -d 'Judge as of then'
complete -c ctresolvectl -n $verify -l trust-anchors -r -F -d 'Instead of the configured ones'
complete -c ctresolvectl -n $verify -l log-list -r -F -d 'Instead of the configured one'
complete -c ctresolvectl -n $verify -l policy -x -a 'two-logs chrome apple' -d 'Instead of the configured one'
complete -c ctresolvectl -n $verify -l tls-scts -r -F -d 'Body of the TLS extension'
complete -c ctresolvectl -n $verify -l ocsp -r -F -d 'Stapled OCSP response'
complete -c ctresolvectl -n $verify -F
complete -c ctresolvectl -n $portal -l for -x -d 'For how long'
complete -c ctresolvectl -n $portal -l link -x -d 'Ask the servers of this link'
complete -c ctresolvectl -n $portal -l server -x -d 'Ask this server'
complete -c ctresolvectl -n $portal -l close -d 'Close the window'
complete -c ctresolvectl -n "$list; and not __fish_seen_subcommand_from show check install" -a 'show check install'
complete -c ctresolvectl -n $list -s s -l signature -r -F -d 'Signature of the list'
complete -c ctresolvectl -n $list -s k -l key -r -F -d 'Public key in PEM'
complete -c ctresolvectl -n "$list; and __fish_seen_subcommand_from show check install" -F
