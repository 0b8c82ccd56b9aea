# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion for fish.

# Whether the command is one of the arguments. It is the first word; a later one can be an event.
function __signal_glib_command
    set -l words (commandline -opc)
    set -q words[2]; and contains -- $words[2] $argv
end

function __signal_glib_no_command
    set -l words (commandline -opc)
    not set -q words[2]
end

# The first operand of the commands that connect is a URL.
function __signal_glib_no_url
    not string match -qr '^wss?://' -- (commandline -opc)
end

# The first operand of “emit” is the kind of the recipients.
function __signal_glib_no_recipients
    set -l words (commandline -opc)
    __signal_glib_command emit; and not contains -- room $words; and not contains -- user $words
    and not contains -- peer $words; and not contains -- all $words
end

set -l connecting listen send request chat

complete -c signal-glib -f
complete -c signal-glib -n __signal_glib_no_command -a serve \
    -d 'Run a server for demonstrations and tests'
complete -c signal-glib -n __signal_glib_no_command -a listen -d 'Print incoming messages'
complete -c signal-glib -n __signal_glib_no_command -a send -d 'Send messages'
complete -c signal-glib -n __signal_glib_no_command -a request \
    -d 'Send one message and print the answer'
complete -c signal-glib -n __signal_glib_no_command -a chat -d 'Chat in a room, line by line'
complete -c signal-glib -n __signal_glib_no_command -a emit \
    -d 'Send messages to clients through Redis'
complete -c signal-glib -n __signal_glib_no_command -l version -d 'Show the version'
complete -c signal-glib -s h -l help -d 'Show the help'

complete -c signal-glib -n 'not __signal_glib_no_command' -l color -x -a 'auto always never' \
    -d 'Use color'
complete -c signal-glib -n "__signal_glib_command serve $connecting" -l token-file -r -F \
    -d 'Read the token from the first line of a file'
complete -c signal-glib -n "__signal_glib_command $connecting" -l ecdh-info -x \
    -d 'Key derivation text of the server'
complete -c signal-glib -n "__signal_glib_command $connecting" -l no-encryption \
    -d 'Also accept a server that does not encrypt'
complete -c signal-glib -n "__signal_glib_command $connecting" -l ca-file -r -F \
    -d 'Trust the certificates in a file'
complete -c signal-glib -n "__signal_glib_command $connecting" -l allow-insecure \
    -d 'Allow ws:// to other hosts'
complete -c signal-glib -n "__signal_glib_command $connecting" -l max-retries -x \
    -d 'Maximum number of retries in a row'
complete -c signal-glib -n "__signal_glib_command $connecting" -s q -l quiet \
    -d 'Do not report the connection state'
complete -c signal-glib -n "__signal_glib_command $connecting; and __signal_glib_no_url" -a 'ws:// wss://' \
    -d URL

complete -c signal-glib -n '__signal_glib_command serve' -s p -l port -x -d 'Listen on this port'
complete -c signal-glib -n '__signal_glib_command serve' -s a -l address -x \
    -d 'Listen on this address'
complete -c signal-glib -n '__signal_glib_command serve' -l path -x -d 'URL path'
complete -c signal-glib -n '__signal_glib_command serve' -l tls-certificate -r -F \
    -d 'Serve wss:// with the certificate and private key in a file'
complete -c signal-glib -n '__signal_glib_command serve emit' -l tls-key -r -F \
    -d 'Read the private key from a file'
complete -c signal-glib -n '__signal_glib_command serve' -l ecdh-info -x \
    -d 'Key derivation text of the clients'
complete -c signal-glib -n '__signal_glib_command serve' -l allow-origin -x -a 'http:// https://' \
    -d 'Also accept web pages of this origin'
complete -c signal-glib -n '__signal_glib_command serve' -l no-encryption \
    -d 'Also accept clients that do not encrypt'
complete -c signal-glib -n '__signal_glib_command serve' -l max-peers -x \
    -d 'Maximum number of clients'
complete -c signal-glib -n '__signal_glib_command serve' -l workers -x \
    -d 'Serve from this number of processes'
complete -c signal-glib -n '__signal_glib_command serve' -l redis-ca -r -F \
    -d 'Trust the authorities in a file'
complete -c signal-glib -n '__signal_glib_command serve' -l redis-certificate -r -F \
    -d 'Use the certificate and private key in a file'
complete -c signal-glib -n '__signal_glib_command serve' -l redis-key -r -F \
    -d 'Read the private key from a file'
complete -c signal-glib -n '__signal_glib_command serve' -l drain -x \
    -d 'Disconnect the clients over this number of seconds'
complete -c signal-glib -n '__signal_glib_command serve' -l drain-event -x \
    -d 'Event that announces this to the clients'
complete -c signal-glib -n '__signal_glib_command serve' -l config -r -F \
    -d 'Read options from a file'
complete -c signal-glib -n '__signal_glib_command serve' -l check-config \
    -d 'Check the options, and do not serve'
complete -c signal-glib -n '__signal_glib_command serve' -l monitor -x \
    -d 'Serve /healthz and /metrics'
complete -c signal-glib -n '__signal_glib_command serve' -s q -l quiet \
    -d 'Do not report clients that connect or disconnect'

complete -c signal-glib -n '__signal_glib_command listen chat' -s r -l room -x -d 'Join this room'
complete -c signal-glib -n '__signal_glib_command serve listen chat' -s j -l json \
    -d 'Print one JSON object per line'
complete -c signal-glib -n '__signal_glib_command listen request' -s f -l format -x -a 'line json payload text' \
    -d 'Print in this format'
complete -c signal-glib -n '__signal_glib_command send request emit' -s t -l timeout -x \
    -d 'Wait at most this number of seconds'

complete -c signal-glib -n '__signal_glib_command listen' -s e -l event -x \
    -d 'Print only messages with this event'
complete -c signal-glib -n '__signal_glib_command listen' -s n -l count -x \
    -d 'Exit after this number of messages'
complete -c signal-glib -n '__signal_glib_command listen' -s w -l wait \
    -d 'Also retry if the first connection attempt fails'
complete -c signal-glib -n '__signal_glib_command listen' -l trace \
    -d 'Print each state transition with its cause and time'

complete -c signal-glib -n '__signal_glib_command send' -s w -l wait \
    -d 'Exit when it is known whether the message was written'
complete -c signal-glib -n '__signal_glib_command send emit' -s l -l lines \
    -d 'Send each line of standard input'
complete -c signal-glib -n '__signal_glib_command send emit' -l text -d 'The payload is text'

complete -c signal-glib -n '__signal_glib_command chat' -l name -x -d 'Name shown to other users'

complete -c signal-glib -n '__signal_glib_command serve emit' -l redis -x -a 'redis:// rediss://' \
    -d 'URI of Redis'
complete -c signal-glib -n '__signal_glib_command serve emit' -l channel-prefix -x \
    -d 'Channel-prefix of the servers'
complete -c signal-glib -n '__signal_glib_command emit' -l tls-ca -r -F \
    -d 'Trust the certificates in a file'
complete -c signal-glib -n '__signal_glib_command emit' -l tls-certificate -r -F \
    -d 'Authenticate with the certificate and private key in a file'
complete -c signal-glib -n '__signal_glib_command emit' -l except -x \
    -d 'Do not send to the client with this ID'
complete -c signal-glib -n '__signal_glib_no_recipients' -a 'room user peer all' -d 'Recipients'
