#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that no member of a class hides one of GObject.Object in a language binding, and that
no two members of a type have the same name: GIR-FILE GIR-DIRECTORY."""
import os
import sys
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'
TYPES = ('class', 'interface', 'record')
MEMBERS = (CORE + 'constructor', CORE + 'function', CORE + 'method', CORE + 'property',
           GLIB + 'signal')

# Members that the bindings add to every object.
PYTHON = '''chain connect connect_after connect_data connect_object connect_object_after copy
disconnect disconnect_by_func emit emit_stop_by_name handler_block handler_block_by_func
handler_disconnect handler_is_connected handler_unblock handler_unblock_by_func props
get_properties set_properties stop_emission stop_emission_by_name ref_count weak_ref'''
JAVASCRIPT = '''block_signal_handler connect connect_after connect_object constructor disconnect
emit notify set stop_emission_by_name toString unblock_signal_handler'''
VALA = 'bind_property connect disconnect get get_type new notify ref set unref'


def members(element):
    """The (kind, name) of every member of a type in a binding."""
    for child in element:
        if child.tag in MEMBERS and child.get('introspectable') != '0':
            yield child.tag.split('}')[1], child.get('name').replace('-', '_')


def object_names(gir_directory):
    names = set((PYTHON + ' ' + JAVASCRIPT + ' ' + VALA).split())
    tree = ElementTree.parse(os.path.join(gir_directory, 'GObject-2.0.gir'))
    for element in tree.iter(CORE + 'class'):
        if element.get('name') == 'Object':
            names.update(name for kind, name in members(element)
                         if kind not in ('constructor', 'function'))
    return names


def clashes(element, forbidden):
    seen = {}
    for kind, name in members(element):
        if name in seen:
            yield f'{kind} {name} has the name of a {seen[name]}'
        seen[name] = kind
        if name in forbidden and kind != 'constructor':
            yield f'{kind} {name} hides one of GObject.Object'


def main(gir, gir_directory):
    forbidden = object_names(gir_directory)
    assert {'get_data', 'connect', 'notify', 'freeze_notify', 'get_property'} <= forbidden
    tree = ElementTree.parse(gir)
    number = failed = 0
    for kind in TYPES:
        for element in tree.iter(CORE + kind):
            if element.get(GLIB + 'is-gtype-struct-for'):
                continue
            found = list(clashes(element, forbidden if kind != 'record' else ()))
            number += 1
            failed += bool(found)
            print('not ok' if found else 'ok', number, element.get('name'))
            for line in found:
                print('#', line)
    print(f'1..{number}')
    return int(failed > 0 or number == 0)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
