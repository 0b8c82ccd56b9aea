# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes mutants of C code: copies with one small fault each. libclang parses the code, so that an operator
is one of an expression, and not of a declaration, a comment or a string.

What is inside the arguments of a macro has no position of its own in libclang, and is not mutated."""
import dataclasses
import difflib
import hashlib
import os
import re

from clang.cindex import CursorKind, Index, TranslationUnit, TypeKind

# Each operator, and those that take its place.
BINARY = {
    '<': ('<=', '>='), '<=': ('<', '>'), '>': ('>=', '<='), '>=': ('>', '<'), '==': ('!=',), '!=': ('==',),
    '+': ('-',), '-': ('+',), '*': ('/',), '/': ('*',), '%': ('*',),
    '<<': ('>>',), '>>': ('<<',), '&': ('|',), '|': ('&',), '^': ('|',), '&&': ('||',), '||': ('&&',),
    '+=': ('-=', '='), '-=': ('+=', '='), '*=': ('/=', '='), '/=': ('*=', '='), '%=': ('*=', '='),
    '<<=': ('>>=', '='), '>>=': ('<<=', '='), '&=': ('|=', '='), '|=': ('&=', '='), '^=': ('|=', '='),
}
UNARY = {'!': ('',), '-': ('',), '~': ('',), '++': ('--',), '--': ('++',)}
# The macros of GLib with an opposite.
MACROS = {'MIN': 'MAX', 'MAX': 'MIN'}

NUMBERS = {TypeKind.CHAR_U, TypeKind.UCHAR, TypeKind.CHAR_S, TypeKind.SCHAR, TypeKind.USHORT, TypeKind.UINT,
           TypeKind.ULONG, TypeKind.ULONGLONG, TypeKind.SHORT, TypeKind.INT, TypeKind.LONG, TypeKind.LONGLONG,
           TypeKind.FLOAT, TypeKind.DOUBLE}
EXPRESSIONS = {CursorKind.CALL_EXPR, CursorKind.BINARY_OPERATOR, CursorKind.COMPOUND_ASSIGNMENT_OPERATOR,
               CursorKind.UNARY_OPERATOR, CursorKind.UNEXPOSED_EXPR}
JUMPS = {CursorKind.BREAK_STMT, CursorKind.CONTINUE_STMT, CursorKind.RETURN_STMT}
LOOPS = {CursorKind.WHILE_STMT, CursorKind.DO_STMT, CursorKind.FOR_STMT}

WORD = re.compile(rb'[A-Za-z_]\w*')
NUMBER = re.compile(rb'(0[xX][0-9a-fA-F]+|\d+(\.\d+)?)[uUlL]*')


@dataclasses.dataclass
class Mutant:
    path: str  # in the source tree
    place: str  # the function, or the macro that is defined
    start: int  # in bytes
    end: int
    replacement: str
    source: bytes
    id: str = ''

    @property
    def text(self):
        """The whole file, with as many lines as the original, so that only the fault makes a difference."""
        text = self.replacement.encode()
        lost = self.source.count(b'\n', self.start, self.end) - text.count(b'\n')
        return self.source[:self.start] + text + b'\n' * lost + self.source[self.end:]

    @property
    def lines(self):
        """The lines that change, before and after, without indentation."""
        start = self.source.rfind(b'\n', 0, self.start) + 1
        end = self.source.find(b'\n', self.end)
        before = self.source[start:end].decode()
        after = self.source[start:self.start].decode() + self.replacement + self.source[self.end:end].decode()
        return tuple(' '.join(each.split()) for each in (before, after))

    @property
    def diff(self):
        names = f'{self.path} ({self.place})', f'mutant {self.id}'
        return ''.join(difflib.unified_diff(self.source.decode().splitlines(True),
                                            self.text.decode().splitlines(True), *names, n=1))


class Maker:
    """Collects the mutants of one file."""

    def __init__(self, path, name, source):
        self.path, self.name, self.source = path, os.path.realpath(name), source
        self.function = None
        self.found = {}

    def add(self, start, end, *replacements, place=None):
        for each in replacements:
            self.found.setdefault((start, end, each), place or self.function.spelling)

    def slice(self, start, end):
        return self.source[start:end]

    def is_here(self, cursor):
        file = cursor.location.file
        return file is not None and os.path.realpath(file.name) == self.name

    def make(self, unit):
        cursors = [each for each in unit.cursor.get_children() if self.is_here(each)]
        functions = [each for each in cursors
                     if each.kind == CursorKind.FUNCTION_DECL and each.is_definition()]
        for self.function in functions:
            self.visit(self.function)
            for each in cursors:
                if each.kind == CursorKind.MACRO_INSTANTIATION and each.spelling in MACROS:
                    self.use(each)
        for each in cursors:
            if each.kind == CursorKind.MACRO_DEFINITION:
                self.define(each)

    def define(self, cursor):
        """The constants in the definition of a macro."""
        for token in list(cursor.get_tokens())[1:]:
            start, end = token.extent.start.offset, token.extent.end.offset
            if NUMBER.fullmatch(self.slice(start, end)):
                self.add(start, end, *steps(token.spelling), place=cursor.spelling)
            elif token.spelling.startswith('"'):
                self.add(start, end, '""', place=cursor.spelling)

    def use(self, cursor):
        start = cursor.extent.start.offset
        if self.function.extent.start.offset <= start < self.function.extent.end.offset:
            self.add(start, start + len(cursor.spelling), MACROS[cursor.spelling])

    def visit(self, cursor):
        method = getattr(self, 'on_' + cursor.kind.name.lower(), None)
        children = list(cursor.get_children())
        if method is not None:
            method(cursor, children)
        for each in children:
            self.visit(each)

    # Expressions

    def on_binary_operator(self, cursor, children):
        left, right = (each.extent for each in children)
        text = self.slice(left.end.offset, right.start.offset)
        operator = text.strip().decode()
        if operator not in BINARY or left.end.offset > right.start.offset:
            return
        start = left.end.offset + text.index(operator.encode())
        self.add(start, start + len(operator), *BINARY[operator])
        if operator in ('&&', '||'):
            for each in left, right:
                self.add(cursor.extent.start.offset, cursor.extent.end.offset,
                         self.slice(each.start.offset, each.end.offset).decode())

    on_compound_assignment_operator = on_binary_operator

    def on_unary_operator(self, cursor, children):
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        inner = children[0].extent
        for begin, stop in (start, inner.start.offset), (inner.end.offset, end):
            operator = self.slice(begin, stop).strip().decode()
            if begin < stop and operator in UNARY:
                self.add(begin, stop, *UNARY[operator])

    def on_conditional_operator(self, cursor, children):
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        arms = [each.extent for each in children[1:]]
        if arms[0].end.offset < arms[1].start.offset:
            for each in arms:
                self.add(start, end, self.slice(each.start.offset, each.end.offset).decode())

    def on_integer_literal(self, cursor, _children):
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        text = self.slice(start, end)
        if text in (b'TRUE', b'FALSE'):
            self.add(start, end, 'FALSE' if text == b'TRUE' else 'TRUE')
        elif NUMBER.fullmatch(text) or WORD.fullmatch(text) and text != b'NULL':
            self.add(start, end, *steps(text.decode()))

    on_floating_literal = on_integer_literal

    def on_decl_ref_expr(self, cursor, children):
        if cursor.referenced is not None and cursor.referenced.kind == CursorKind.ENUM_CONSTANT_DECL:
            self.on_integer_literal(cursor, children)

    def on_character_literal(self, cursor, _children):
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        text = self.slice(start, end)
        if text.startswith(b"'"):
            self.add(start, end, f'({text.decode()} + 1)')

    def on_string_literal(self, cursor, _children):
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        text = self.slice(start, end)
        if text.startswith(b'"') and text != b'""':
            self.add(start, end, '""')

    # Statements

    def on_if_stmt(self, _cursor, children):
        start, end = children[0].extent.start.offset, children[0].extent.end.offset
        self.add(start, end, f'!({self.slice(start, end).decode()})', 'TRUE', 'FALSE')
        self.delete(children[1:])

    def on_while_stmt(self, _cursor, children):
        start, end = children[0].extent.start.offset, children[0].extent.end.offset
        self.add(start, end, 'FALSE')
        self.delete(children[1:])

    def on_do_stmt(self, _cursor, children):
        start, end = children[1].extent.start.offset, children[1].extent.end.offset
        self.add(start, end, 'FALSE')
        self.delete(children[:1])

    def on_for_stmt(self, _cursor, children):
        self.delete(children[-1:])

    def on_compound_stmt(self, _cursor, children):
        self.delete(children)

    def on_case_stmt(self, _cursor, children):
        self.delete(children[1:])

    def on_default_stmt(self, _cursor, children):
        self.delete(children)

    def delete(self, statements):
        for each in statements:
            if each.kind in EXPRESSIONS | JUMPS:
                self.add(each.extent.start.offset, each.extent.end.offset, '(void) 0')

    def on_return_stmt(self, _cursor, children):
        if not children:
            return
        start, end = children[0].extent.start.offset, children[0].extent.end.offset
        text = self.slice(start, end).decode()
        if text in ('TRUE', 'FALSE', 'NULL'):
            return
        result = self.function.result_type
        if result.spelling == 'gboolean':
            self.add(start, end, 'TRUE', 'FALSE')
        elif result.get_canonical().kind in NUMBERS:
            self.add(start, end, '0', f'({text}) + 1')
        elif result.get_canonical().kind == TypeKind.POINTER:
            self.add(start, end, 'NULL')


def steps(text):
    return f'({text} + 1)', f'({text} - 1)'


def make(path, name, unit_name, arguments):
    """The mutants of @path, in the order of the file. @name is its name in the translation unit of
    @unit_name, which the compiler's @arguments are for."""
    unit = Index.create().parse(unit_name, arguments, options=TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
    errors = [each.format() for each in unit.diagnostics if each.severity >= each.Error]
    if errors:
        raise RuntimeError('libclang cannot parse it: ' + errors[0])
    with open(name, 'rb') as file:
        maker = Maker(path, name, file.read())
    maker.make(unit)
    mutants = [Mutant(path, place, *what, maker.source) for what, place in sorted(maker.found.items())]
    if not mutants:
        raise RuntimeError(f'There is nothing to mutate in {path}')
    name_them(mutants)
    return mutants


def name_them(mutants):
    """An ID depends on the function and on the text, so that it remains the same if lines are added."""
    seen = {}
    for each in mutants:
        key = '\0'.join((each.path, each.place, *each.lines))
        seen[key] = seen.get(key, 0) + 1
        each.id = hashlib.sha256(f'{key}\0{seen[key]}'.encode()).hexdigest()[:8]
