"""What a VCD file declares."""

from vcd.reader import ScopeType, TokenKind, tokenize


def signals(path):
    """{scope: {name: [msb:lsb] or ""}} of a VCD file, scopes and names in its order.

    Scopes are modules; the named blocks inside them hold no signals of the design.
    """
    found, scopes = {}, []
    with open(path, "rb") as file:
        for token in tokenize(file):
            if token.kind is TokenKind.SCOPE:
                scopes.append((token.scope.ident, token.scope.type_))
            elif token.kind is TokenKind.UPSCOPE:
                scopes.pop()
            elif token.kind is TokenKind.VAR and scopes[-1][1] is ScopeType.module:
                scope = ".".join(name for name, _ in scopes)
                bits = token.var.bit_index
                if isinstance(bits, tuple):
                    bits = "[{}:{}]".format(*bits)
                found.setdefault(scope, {})[token.var.reference] = bits or ""
            elif token.kind is TokenKind.ENDDEFINITIONS:
                return found
    return found
