#!/usr/bin/env bash
# Shows a plan as the one comment of a pull request: the comment of the last plan is edited. A plan without changes makes
# no comment, unless there is one to correct.
#
#     comment.sh NUMBER OUT
#
# NUMBER is the pull request's, OUT where plan.sh left its files. GITHUB_TOKEN may write to pull requests.
set -euo pipefail
# shellcheck source=github.sh
. "$(dirname "${BASH_SOURCE[0]}")/github.sh"
number=$1 out=$2
is_number "$number" || fail 'that is no number of a pull request'
[ -s "$out/plan.md" ] && [ -s "$out/code" ] || fail "plan.sh has left nothing in $out"

marker=$(head -n 1 "$out/plan.md")
comment=$(first_of "/issues/$number/comments" "$marker")
body=$(jq --raw-input --slurp '{ body: . }' "$out/plan.md")
if [ -n "$comment" ]; then
    id=$(jq .id <<<"$comment")
    api PATCH "/issues/comments/$id" "$body" >/dev/null
    echo 'The comment is up to date.'
elif [ "$(cat "$out/code")" = 0 ]; then
    echo 'Nothing changes: no comment.'
else
    api POST "/issues/$number/comments" "$body" >/dev/null
    echo 'Commented.'
fi
