"""The commands, each a module of this folder that declares one; imported only when it is called.

To add one, write the module and its line here: the name and what `backprop --help` says of it.
"""

COMMANDS = {
    "eval": "Show the value and the gradient of every node.",
    "grad": "Print the gradient as bare numbers.",
    "diff": "Print the derivative as an expression.",
    "check": "Check the gradient, in both modes, against differences.",
    "jacobian": "Show the derivative of every output by every input.",
    "hessian": "Show the second derivatives, and whether the point is a minimum.",
    "jvp": "Show the derivative along a tangent: Jacobian times vector.",
    "vjp": "Show the gradient of an upstream: vector times Jacobian.",
    "hvp": "Show the Hessian times a direction.",
    "budget": "Show the uncertainty of a value, and the share of each input.",
    "batch": "Read rows, and write each with its value and gradient.",
    "fit": "Fit a model to rows: parameters with their errors.",
    "minimize": "Find the least value, certified by exact derivatives.",
    "maximize": "Find the largest value, certified by exact derivatives.",
    "solve": "Solve equations, to the last digits.",
    "explain": "Explain the chain rule step by step, with the numbers.",
    "graph": "Draw the circuit: values in green, gradients in red.",
    "plot": "Draw a function and its derivative over a range.",
    "repl": "Answer expressions, values and definitions line by line.",
    "completion": "Print the script that lets a shell complete words.",
    "functions": "Show the functions and operators, and the derivative of each.",
}
