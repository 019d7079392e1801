#!/usr/bin/env bash
# Keeps one issue for what was changed outside of waform: opened when there is something, edited while there is, closed when
# it is gone.
#
#     drift.sh NAME PROJECT [OPTION...]
#
# NAME is the environment or, without environments, the account; PROJECT the directory of the configuration. GITHUB_TOKEN may
# write issues. Ends with 0 once the issue tells the truth.
set -euo pipefail
# shellcheck source=github.sh
. "$(dirname "${BASH_SOURCE[0]}")/github.sh"
name=$1 project=$2
shift 2
label=waform-drift

no_workflow_commands
report=$(mktemp)
code=0
waform -C "$project" drift --format markdown "$@" >"$report" || code=$?
marker="<!-- waform:drift $name -->"
case $code in
    0 | 2) ;;
    *) exit "$code" ;;
esac
[ "$(head -n 1 "$report")" = "$marker" ] || fail "this is no report on $name"

issue=$(first_of "/issues?state=open&labels=$label" "$marker")
number=$([ -z "$issue" ] || jq .number <<<"$issue")
title="waform: $name was changed by somebody else"
body=$(jq --raw-input --slurp --arg title "$title" '{ title: $title, body: . }' "$report")
rm -f "$report"
if [ "$code" = 2 ] && [ -n "$issue" ]; then
    api PATCH "/issues/$number" "$body" >/dev/null
    echo "Issue $number is up to date."
elif [ "$code" = 2 ]; then
    body=$(jq --arg of "$label" '. + { labels: [$of] }' <<<"$body")
    api POST /issues "$body" >/dev/null
    echo 'Opened an issue.'
elif [ -n "$issue" ]; then
    body=$(jq '. + { state: "closed", state_reason: "completed" }' <<<"$body")
    api PATCH "/issues/$number" "$body" >/dev/null
    echo "Closed issue $number."
else
    echo 'No drift.'
fi
