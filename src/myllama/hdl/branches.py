"""Statements that choose: if, case, for, and lookups in tables."""

import ast

from myhdl._enum import EnumItemType
from myhdl._Signal import _Signal

from .operands import (
    EnumValue,
    constant,
    depends_on_index,
    evaluate,
    hardware,
    is_hardware,
    number,
    truth,
)
from .scope import LoopIndex, NeedsUnrolling
from .targets import find_target
from .values import Constant, unsigned_bits


class Branches:
    """The part of Process that writes branching statements."""

    def write_if(self, node):
        arms, last = chain(node)
        if self.write_case(node, arms, last):
            return
        condition = truth(self.scope, node.test)
        if isinstance(condition, bool):
            self.block(node.body if condition else node.orelse)
            return
        self.simple = False
        outcomes = []
        start = self.before()
        word = "if"
        while True:
            self.line(f"{word} ({condition.code}) begin")
            outcomes.append(self.arm(node.body, start))
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                break
            following = node.orelse[0]
            self.resume(start)
            condition = truth(self.scope, following.test)
            if isinstance(condition, bool):
                break
            node, word = following, "end else if"
        if node.orelse:
            self.line("end else begin")
        outcomes.append(self.arm(node.orelse, start))
        self.line("end")
        self.join(outcomes)

    # What is known on each path, and after the paths meet

    def before(self):
        return dict(self.scope.local), dict(self.assigned)

    def resume(self, start):
        self.scope.local, self.assigned = dict(start[0]), dict(start[1])

    def arm(self, statements, start):
        """Write one branch; returns what is known at its end."""
        self.resume(start)
        self.depth += 1
        self.block(statements)
        self.depth -= 1
        return self.scope.local, self.assigned

    def join(self, outcomes):
        """Keep what all branches agree on."""
        names, masks = outcomes[0]
        for other_names, other_masks in outcomes[1:]:
            names = {n: v for n, v in names.items() if n in other_names and other_names[n] is v}
            masks = {k: m & other_masks.get(k, 0) for k, m in masks.items()}
        self.scope.local, self.assigned = dict(names), dict(masks)

    # case

    def write_case(self, node, arms, last):
        """An if/elif chain that compares one word with constants; False if it is none."""
        subject, items = self.case_items(arms)
        if subject is None:
            return False
        self.simple = False
        kind = items[0]._type if isinstance(items[0], EnumItemType) else None
        value = hardware(self.scope, evaluate(self.scope, subject), subject)
        code = value.code if kind else value.typed(value.width, value.signed).code
        start, outcomes = self.before(), []
        everything = kind is not None and len(set(map(str, items))) == len(kind._names)
        if everything and not last:
            last_item, last = items.pop(), arms.pop()[1]
        else:
            last_item = None
        self.line(f"case ({code})")
        self.depth += 1
        for item, (_, body) in zip(items, arms, strict=True):
            if kind:
                label = self.module.enum_item(item)
            else:
                label = Constant(item).typed(value.width, value.signed).code
            self.line(f"{label}: begin")
            outcomes.append(self.arm(body, start))
            self.line("end")
        if last:
            self.line("default: begin" + (f" // {last_item}" if last_item else ""))
            outcomes.append(self.arm(last, start))
            self.line("end")
        else:
            self.line("default: ;")
            outcomes.append(start)
        self.depth -= 1
        self.line("endcase")
        self.join(outcomes)
        return True

    def case_items(self, arms):
        """(subject, constants) of an if/elif chain that a case can be; (None, None) if none."""
        subject, items = None, []
        for test, _ in arms:
            if not (
                isinstance(test, ast.Compare)
                and len(test.ops) == 1
                and isinstance(test.ops[0], ast.Eq)
                and (subject is None or ast.dump(test.left) == ast.dump(subject))
            ):
                return None, None
            subject = test.left
            item = evaluate(self.scope, test.comparators[0])
            if not isinstance(item, (EnumItemType, int)) or any(item is i for i in items):
                return None, None
            items.append(item)
        if len(items) < 2 or len({type(i) for i in items}) > 1:
            return None, None
        thing = evaluate(self.scope, subject)
        if not is_hardware(thing):
            return None, None
        value = hardware(self.scope, thing, subject)
        if isinstance(value, EnumValue):
            same = all(isinstance(i, EnumItemType) and i._type is value.kind for i in items)
            return (subject, items) if same else (None, None)
        bounds = value.lo, value.hi
        inside = all(not isinstance(i, EnumItemType) and bounds[0] <= i <= bounds[1] for i in items)
        wide = len(items) > 2 and len(set(items)) == len(items)
        return (subject, items) if inside and wide else (None, None)

    # for

    def write_for(self, node):
        if node.orelse:
            self.scope.refuse(node, "for ... else does not convert")
        values = list(constant(self.scope, node.iter))
        if self.write_loop(node, values):
            return
        for value in values:
            self.bind_loop(node.target, value)
            self.block(node.body)

    def bind_loop(self, target, value):
        """Bind the target of a `for` to one of its values."""
        if isinstance(target, ast.Name):
            self.scope.local[target.id] = value
        elif isinstance(target, ast.Tuple):
            for part, element in zip(target.elts, value, strict=True):
                self.bind_loop(part, element)
        else:
            self.scope.refuse(target, "this cannot be a loop variable")

    def write_loop(self, node, values):
        """A loop that stays a loop, if its index needs to be no constant."""
        if not isinstance(node.target, ast.Name) or len(values) < 3:
            return False
        if not all(isinstance(v, int) and v >= 0 for v in values):
            return False
        step = values[1] - values[0]
        if step < 1 or values != list(range(values[0], values[-1] + 1, step)):
            return False
        name = node.target.id
        saved = self.state()
        self.module.claim(self.scope, node, name, local=True)
        self.loop_names.add(name)
        self.indices.append(name)
        start = self.before()
        try:
            stop = values[-1] + step
            self.line(
                f"for ({name} = {values[0]}; {name} < {stop}; {name} = {name} + {step}) begin"
            )
            self.simple = False
            start[0][name] = LoopIndex(name, values[0], values[-1])
            self.arm(node.body, start)
            self.line("end")
        except NeedsUnrolling:
            self.restore(saved)
            self.loop_names.discard(name)
            return False
        finally:
            self.indices.pop()
        self.scope.local.pop(name, None)
        return True

    # Tables

    def write_lookup(self, node, target):
        """target = table[index], or list[index].next = value, as a case."""
        table, index = self.lookup(node.value)
        if table is not None:
            return self.write_table(node, target, table, index)
        if isinstance(target, ast.Attribute) and target.attr == "next":
            signals, index = self.lookup(target.value)
            if signals is not None:
                return self.write_element(node, signals, index)
        return False

    def lookup(self, node):
        """(table, index) of table[index] with an index that only the circuit knows."""
        if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Slice):
            return None, None
        table = evaluate(self.scope, node.value)
        if not isinstance(table, (list, tuple)) or not table:
            return None, None
        index = evaluate(self.scope, node.slice)
        if not is_hardware(index):
            return None, None
        if isinstance(index, LoopIndex) or depends_on_index(self.scope, node.slice):
            raise NeedsUnrolling
        index = number(self.scope, node.slice)
        if index.lo < 0:
            self.scope.refuse(node, "an index that may be negative")
        return table, index

    def write_table(self, node, target, table, index):
        if not all(isinstance(e, (int, _Signal)) for e in table):
            self.scope.refuse(node, "a table is of integers or of signals")
        place = find_target(self, target)
        start, outcomes = self.before(), []

        def write(i):
            self.assign(node, place, table[i])

        self.write_choice(index, len(table), write, start, outcomes)
        return True

    def write_element(self, node, signals, index):
        if not all(isinstance(s, _Signal) for s in signals):
            self.scope.refuse(node, "only a list of signals is assigned by index")
        thing = evaluate(self.scope, node.value)

        def write(i):
            self.scope.local["signal at index"] = signals[i]
            place = ast.parse("s.next", mode="eval").body
            place.value.id = "signal at index"
            ast.copy_location(place, node)
            self.assign(node, find_target(self, place), thing)

        self.write_choice(index, len(signals), write, self.before(), [])
        self.scope.local.pop("signal at index", None)
        return True

    def write_choice(self, index, count, write, start, outcomes):
        """case (index) with one line for each of `count` outcomes; the last one is the default."""
        self.simple = False
        width = max(index.width, unsigned_bits(count - 1))
        self.line(f"case ({index.typed(width, False).code})")
        self.depth += 1
        for i in range(count):
            self.resume(start)
            mark = len(self.lines)
            write(i)
            label = "default" if i == count - 1 else f"{width}'d{i}"
            self.lines[mark] = self.lines[mark].replace(
                self.lines[mark].lstrip(), f"{label}: {self.lines[mark].lstrip()}", 1
            )
            outcomes.append((self.scope.local, self.assigned))
        self.depth -= 1
        self.line("endcase")
        self.join(outcomes)


def chain(node):
    """([(test, body)], else body) of an if/elif chain."""
    arms = [(node.test, node.body)]
    while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
        arms.append((node.test, node.body))
    return arms, node.orelse
