
# Added by the staging service: the name of the question that is on the screen, for its bench page.
db_input () {
	_staging_code=0
	_db_cmd "INPUT $*" || _staging_code=$?
	[ "$_staging_code" -ne 0 ] || echo "$2" >/tmp/staging.asked
	return "$_staging_code"
}
db_go () {
	[ ! -s /tmp/staging.asked ] || mv /tmp/staging.asked /tmp/staging.question
	_staging_code=0
	_db_cmd "GO $*" || _staging_code=$?
	rm -f /tmp/staging.question /tmp/staging.asked
	return "$_staging_code"
}
