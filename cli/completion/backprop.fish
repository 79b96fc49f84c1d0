# Completion of backprop for fish. As ~/.config/fish/completions/backprop.fish it is found by itself.

function __backprop_complete
    set -l answers (command backprop completion fish --line (commandline --current-process --cut-at-cursor | string collect) 2>/dev/null)
    for answer in $answers
        if test "$answer" = :files
            __fish_complete_path (commandline --current-token --cut-at-cursor | string replace --regex '^["\']' '')
        else
            printf '%s\n' $answer
        end
    end
end

complete --command backprop --no-files --arguments '(__backprop_complete)'
