# Completion of backprop for bash 4 and newer. In ~/.bashrc: eval "$(backprop completion bash)"

_backprop() {
    local line="${COMP_LINE:0:COMP_POINT}" breaks="${COMP_WORDBREAKS//[[:space:]]/}" answer
    COMPREPLY=()
    while IFS= read -r answer; do
        if [[ $answer == :files ]]; then
            compopt -o default +o nospace
        else
            COMPREPLY+=("$answer")
        fi
    done < <(command backprop completion bash --line "$line" --breaks "$breaks" 2>/dev/null)
}

complete -o nospace -F _backprop backprop
