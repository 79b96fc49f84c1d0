#compdef backprop
# Completion of backprop for zsh. In ~/.zshrc, after compinit: eval "$(backprop completion zsh)"

_backprop() {
    local -a answers
    local line="${(j: :)words[1,CURRENT-1]} ${QIPREFIX}${PREFIX}"
    answers=("${(@f)$(command backprop completion zsh --line "$line" 2>/dev/null)}")
    if [[ $answers[1] == :files ]]; then
        _files
        shift answers
    fi
    answers=(${answers:#})
    (( $#answers )) && compadd -Q -U -S '' -a answers
}

compdef _backprop backprop
