"""The commands, each a module of this folder that declares one; imported only when it is called.

To add one, write the module and its line here: the name and what `backprop --help` says of it.
"""

COMMANDS = {
    "eval": "Show the value and the gradient of every node.",
    "grad": "Print the gradient as bare numbers.",
    "functions": "Show the functions and operators, and the derivative of each.",
}
