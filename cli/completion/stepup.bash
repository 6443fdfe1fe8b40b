# bash completion for stepup(1)

_stepup() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} common="--json --socket --help"
    local choices
    case $previous in
    --socket | --file | --journal | --config | --key) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --algorithm) choices="SHA1 SHA256 SHA512" ;;
    --digits) choices="6 7 8" ;;
    --window) choices="1m 5m 15m 1h" ;;
    --since) choices="1h 24h 7d" ;;
    --lines) choices="all" ;;
    --user) mapfile -t COMPREPLY < <(compgen -u -- "$word"); return ;;
    --label | --factor | --service | --counter | --source | --event | --until | --anchor) return ;;
    *)
        if ((COMP_CWORD == 1)); then
            choices="enroll confirm list remove rename primary disable verify status require lock recovery audit admin --help --version"
        else
            case $verb in
            enroll) if ((COMP_CWORD == 2)); then choices="totp hotp"; else choices="--label --algorithm --digits --counter --own-secret --hex --plain --no-prompt $common"; fi ;;
            list) choices="--plain $common" ;;
            confirm | remove) choices="--no-prompt $common" ;;
            rename | primary) choices="--no-prompt $common" ;;
            disable) choices="--yes --no-prompt $common" ;;
            verify) choices="--factor $common" ;;
            require) choices="--window --factor --no-prompt $common" ;;
            status) choices="--service $common" ;;
            lock) choices="--all $common" ;;
            audit) choices="--user --event --since --until --lines --follow --verify --anchor --journal --file --config --json --help" ;;
            admin) if ((COMP_CWORD == 2)); then choices="status unlock recovery-share backup restore key"; elif [[ ${COMP_WORDS[2]} == unlock ]]; then choices="$(compgen -u) --source $common"; elif [[ ${COMP_WORDS[2]} == status ]]; then choices="$(compgen -u) --not-enrolled --orphans $common"; elif [[ $previous == key ]]; then choices="rotate"; else choices="--config --key --new --replace --help"; fi ;;
            recovery) if ((COMP_CWORD == 2)); then choices="regenerate $common"; else choices="--no-prompt $common"; fi ;;
            esac
        fi
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}
complete -F _stepup stepup
