# Functions for the scripts beside it: GitHub's REST API, and words for the log. Sourced, not run.
# shellcheck shell=bash

# What fails in `$(...)` ends the script, too.
shopt -s inherit_errexit

# Whose comments and issues are ours: anybody may write one that begins like them.
author=${COMMENT_AUTHOR:-github-actions[bot]}

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# From here on the runner takes nothing in the log for a command: waform shows texts that others wrote.
no_workflow_commands() {
    if [ "${GITHUB_ACTIONS:-}" = true ]; then
        local token
        token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
        printf '::stop-commands::%s\n' "$token"
        # shellcheck disable=SC2064 # the token as it is now
        trap "printf '::%s::\n' '$token'" EXIT
    fi
}

# api METHOD PATH [BODY]: the answer's body on standard output; any failure ends the script. The token stands in no
# process list, and only what may be done twice is tried again.
api() {
    local method=$1 path=$2 body=${3:-}
    local options=(--silent --show-error --fail-with-body --max-time 60 --request "$method")
    if [ "$method" != POST ]; then options+=(--retry 3); fi
    if [ -n "$body" ]; then options+=(--data-binary @-); fi
    curl "${options[@]}" \
        --header @<(printf 'Authorization: Bearer %s\n' "${GITHUB_TOKEN:?}") \
        --header 'Accept: application/vnd.github+json' \
        --header 'X-GitHub-Api-Version: 2022-11-28' \
        "${GITHUB_API_URL:?}/repos/${GITHUB_REPOSITORY:?}$path" <<<"$body"
}

# first_of PATH MARKER: of a listing in pages, the first of ours whose text begins with the line MARKER, as JSON.
first_of() {
    local path=$1 marker=$2 page=1 listed found
    while :; do
        listed=$(api GET "$path$([[ $path == *\?* ]] && echo '&' || echo '?')per_page=100&page=$page")
        found=$(jq --compact-output --arg marker "$marker" --arg author "$author" '
            map(select(.user.login == $author and .pull_request == null
                and ((.body // "") | split("\n")[0] | rtrimstr("\r")) == $marker))
            | first // empty' <<<"$listed")
        if [ -n "$found" ]; then
            printf '%s\n' "$found"
            return
        fi
        if [ "$(jq length <<<"$listed")" -lt 100 ]; then return; fi
        page=$((page + 1))
    done
}

# The number of a pull request comes from a job that nobody trusts: nothing but a number may become part of an address.
is_number() {
    [[ $1 =~ ^[1-9][0-9]{0,9}$ ]]
}
