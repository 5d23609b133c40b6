#!/bin/sh
# Runs one of the installer's compiled programs, and names the question that it has on the screen.
#
# Such a program talks to debconf itself, past the shell library. So its commands come here line by line and go on to
# debconf, and each of debconf's answers goes back. Where no pipe can be made it runs as if we were not here.
real=${STAGING_ROOT:-}/lib/staging/real/${0##*/}
pipe=${TMPDIR:-/tmp}/staging.pipe.$$
{ mknod "$pipe.out" p && mknod "$pipe.in" p; } 2>/dev/null || exec "$real" "$@"
question=${TMPDIR:-/tmp}/staging.question
# As debconf's own library does it: commands leave through descriptor 3, and what is printed is no command.
[ -n "${DEBCONF_REDIR:-}" ] || exec 3>&1 1>&2
DEBCONF_REDIR=1
export DEBCONF_REDIR
exec 7<&0

relay() {
	asked=''
	while IFS= read -r line; do
		case $line in GO*) [ -z "$asked" ] || echo "$asked" >"$question" ;; esac
		printf '%s\n' "$line" >&3
		# The only command that nobody answers.
		case $line in STOP*) continue ;; esac
		IFS= read -r answer <&7 || break
		case $line in
		# 0: it will be asked; 30: it will not, because it was answered or matters too little.
		INPUT\ *) case $answer in 0*) asked=${line##* } ;; esac ;;
		GO*) asked='' && rm -f "$question" ;;
		esac
		printf '%s\n' "$answer" >&8
	done
}

# Both sides open the pipes in the same order. What a child of the program keeps open is waited for by nobody.
relay <"$pipe.out" 8>"$pipe.in" &
"$real" "$@" 3>"$pipe.out" <"$pipe.in" 7<&-
code=$?
rm -f "$pipe.out" "$pipe.in" "$question"
exit $code
