#!/usr/bin/env bash
# Plans a project, for people to review.
#
#     plan.sh NAME PROJECT OUT [OPTION...]
#
# NAME is the environment or, without environments, the account; PROJECT the directory of the configuration. In the
# directory OUT it leaves plan.md (for comment.sh), id (for apply.sh) and code. The options are those of `waform plan`.
# Ends with 0 whether there is anything to do or not, with 3 where a guard refuses, with 1 where something is wrong.
set -euo pipefail
# shellcheck source=github.sh
. "$(dirname "${BASH_SOURCE[0]}")/github.sh"
name=$1 project=$2 out=$3
shift 3

mkdir -p "$out"
rm -f "$out/plan.md" "$out/id" "$out/code"
options=(--format markdown --detailed-exitcode)
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then options+=(--github-output); fi
no_workflow_commands
code=0
waform -C "$project" plan "${options[@]}" "$@" >"$out/plan.md" || code=$?

marker="<!-- waform:plan $name -->"
if [ ! -s "$out/plan.md" ]; then
    # An old plan in the comment would be taken for this one's.
    run="${GITHUB_SERVER_URL:-}/${GITHUB_REPOSITORY:-}/actions/runs/${GITHUB_RUN_ID:-}"
    {
        printf '%s\n## waform plan: %s\n\n**The plan failed.**' "$marker" "$name"
        if [ -n "${GITHUB_RUN_ID:-}" ]; then printf ' [The log](%s) says why.' "$run"; fi
        printf '\n'
    } >"$out/plan.md"
elif [ "$(head -n 1 "$out/plan.md")" != "$marker" ]; then
    fail "this is no plan of $name: it begins with $(head -n 1 "$out/plan.md")"
fi
sed -n '2s/^<!-- waform:plan-id \([0-9A-Za-z:]*\) -->$/\1/p' "$out/plan.md" >"$out/id"
printf '%s\n' "$code" >"$out/code"
case $code in
    0) echo 'Nothing to do.' ;;
    2) echo "Planned: $(cat "$out/id")" ;;
    *) exit "$code" ;;
esac
