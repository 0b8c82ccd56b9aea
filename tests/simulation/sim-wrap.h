/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The linker lets the library call functions that are defined with this macro instead of its own functions,
 * whose names begin with __real_. meson.build has a list of them. */
#define SIM_WRAP(type, name, ...) \
  type __real_##name (__VA_ARGS__); \
  type __wrap_##name (__VA_ARGS__); \
  type __wrap_##name (__VA_ARGS__)
