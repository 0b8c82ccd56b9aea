/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cases.h"

/* The cases of Autobahn's test suite 0.8.2, with its numbers, and the answers that it expects. The messages
 * of section 9 and all waits are shorter. Sections 12 and 13 are about compression, which the library does
 * not offer. */

#define KIB 1024
#define ROUNDS 20

#define FRAME(first, text) { first, text, sizeof text - 1, sizeof text - 1 }
#define FILLED(first, pattern, size) { first, pattern, sizeof pattern - 1, size }
#define TEXT(text) FRAME (CASE_TEXT, text)
#define PING(text) FRAME (CASE_PING, text)
#define PONG(text) FRAME (CASE_PONG, text)
#define CLOSE(text) FRAME (CASE_CLOSE, text)
#define BEGIN(text) FRAME (CASE_TEXT & ~CASE_FIN, text)
#define PART(text) FRAME (0, text)
#define END(text) FRAME (CASE_FIN, text)
#define PAUSE(n_answers) { CASE_PAUSE, "", 0, n_answers }

/* The bits of RSV1, RSV2 and RSV3, as a number. */
#define RSV(number) ((number) << 4)

/* A message of this size, whose kind is CASE_TEXT or CASE_BINARY. */
#define FILLER(kind, size) { kind, kind == CASE_TEXT ? "*" : "\xfe", 1, size }
#define SIZE(id, kind, size, ...) \
  { id, { FILLER (kind, size) }, { FILLER (kind, size) }, .close = 1000, ##__VA_ARGS__ }

/* A frame that is refused after a message, and before a ping that is not answered. */
#define AFTER_TEXT(id, frame, ...) \
  { id, { TEXT ("Hello, world!"), frame, PING ("") }, { TEXT ("Hello, world!") }, .close = 1002, \
    ##__VA_ARGS__ }

/* A ping between fragments. */
#define PING_INSIDE(id, ...) \
  { id, { BEGIN ("fragment1"), PING ("ping"), END ("fragment2") }, \
    { PONG ("ping"), TEXT ("fragment1fragment2") }, .close = 1000, ##__VA_ARGS__ }

/* A message that is valid, and one that is not UTF-8. */
#define GOOD(id, text) { id, { TEXT (text) }, { TEXT (text) }, .close = 1000 }
#define BAD(id, text) { id, { TEXT (text) }, .close = 1007 }

#define GREEK "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
#define SURROGATE GREEK "\xed\xa0\x80" "edited"
#define TOO_HIGH GREEK "\xf4\x90\x80\x80" "edited"
#define HELLO "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4"
#define HELLO_REST "\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!"

#define FRAGMENTS { TEXT ("fragment1fragment2") }
#define LONG_PING FILLED (CASE_PING, "\xfe", 125)
#define LONG_PONG FILLED (CASE_PONG, "\xfe", 125)
#define BINARY "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
#define LARGE_TEXT FILLED (CASE_TEXT, "BAsd7&jh23", 256 * KIB)
#define STARS_41 "*****************************************"
#define REASON_OF_123 STARS_41 STARS_41 STARS_41
#define TEN(frame) \
  { frame ("payload-0"), frame ("payload-1"), frame ("payload-2"), frame ("payload-3"), frame ("payload-4"), \
    frame ("payload-5"), frame ("payload-6"), frame ("payload-7"), frame ("payload-8"), frame ("payload-9") }

/* Fragments around a ping and a pause. */
#define SLOW_FRAGMENTS \
  { BEGIN ("fragment1"), PART ("fragment2"), PING ("pongme 1!"), PAUSE (1), \
    PART ("fragment3"), PART ("fragment4"), PING ("pongme 2!"), END ("fragment5") }
#define SLOW_ANSWERS \
  { PONG ("pongme 1!"), PONG ("pongme 2!"), TEXT ("fragment1fragment2fragment3fragment4fragment5") }

const Case cases[] = {
  /* 1: sizes */
  SIZE ("1.1.1", CASE_TEXT, 0),
  SIZE ("1.1.2", CASE_TEXT, 125),
  SIZE ("1.1.3", CASE_TEXT, 126),
  SIZE ("1.1.4", CASE_TEXT, 127),
  SIZE ("1.1.5", CASE_TEXT, 128),
  SIZE ("1.1.6", CASE_TEXT, 65535),
  SIZE ("1.1.7", CASE_TEXT, 65536),
  SIZE ("1.1.8", CASE_TEXT, 65536, .chop = 997),
  SIZE ("1.2.1", CASE_BINARY, 0),
  SIZE ("1.2.2", CASE_BINARY, 125),
  SIZE ("1.2.3", CASE_BINARY, 126),
  SIZE ("1.2.4", CASE_BINARY, 127),
  SIZE ("1.2.5", CASE_BINARY, 128),
  SIZE ("1.2.6", CASE_BINARY, 65535),
  SIZE ("1.2.7", CASE_BINARY, 65536),
  SIZE ("1.2.8", CASE_BINARY, 65536, .chop = 997),

  /* 2: pings and pongs */
  { "2.1", { PING ("") }, { PONG ("") }, .close = 1000 },
  { "2.2", { PING ("Hello, world!") }, { PONG ("Hello, world!") }, .close = 1000 },
  { "2.3", { PING (BINARY) }, { PONG (BINARY) }, .close = 1000 },
  { "2.4", { LONG_PING }, { LONG_PONG }, .close = 1000 },
  { "2.5", { FILLED (CASE_PING, "\xfe", 126) }, .close = 1002 },
  { "2.6", { LONG_PING }, { LONG_PONG }, .close = 1000, .chop = 1 },
  { "2.7", { PONG ("") }, .close = 1000 },
  { "2.8", { PONG ("unsolicited") }, .close = 1000 },
  { "2.9", { PONG ("unsolicited"), PING ("ping payload") }, { PONG ("ping payload") }, .close = 1000 },
  { "2.10", TEN (PING), TEN (PONG), .close = 1000 },
  { "2.11", TEN (PING), TEN (PONG), .close = 1000, .chop = 1 },

  /* 3: reserved bits */
  { "3.1", { FRAME (CASE_TEXT | RSV (1), "Hello, world!") }, .close = 1002 },
  AFTER_TEXT ("3.2", FRAME (CASE_TEXT | RSV (2), "Hello, world!")),
  AFTER_TEXT ("3.3", FRAME (CASE_TEXT | RSV (3), "Hello, world!"), .chop = CASE_FRAMEWISE),
  AFTER_TEXT ("3.4", FRAME (CASE_TEXT | RSV (4), "Hello, world!"), .chop = 1),
  { "3.5", { FRAME (CASE_BINARY | RSV (5), "\x00\xff\xfe\xfd") }, .close = 1002 },
  { "3.6", { FRAME (CASE_PING | RSV (6), "Hello, world!") }, .close = 1002 },
  { "3.7", { FRAME (CASE_CLOSE | RSV (7), "\x03\xe8") }, .close = 1002 },

  /* 4: reserved opcodes */
  { "4.1.1", { FRAME (0x83, "") }, .close = 1002 },
  { "4.1.2", { FRAME (0x84, "reserved opcode payload") }, .close = 1002 },
  AFTER_TEXT ("4.1.3", FRAME (0x85, "")),
  AFTER_TEXT ("4.1.4", FRAME (0x86, "Hello, world!"), .chop = CASE_FRAMEWISE),
  AFTER_TEXT ("4.1.5", FRAME (0x87, "Hello, world!"), .chop = 1),
  { "4.2.1", { FRAME (0x8b, "") }, .close = 1002 },
  { "4.2.2", { FRAME (0x8c, "reserved opcode payload") }, .close = 1002 },
  AFTER_TEXT ("4.2.3", FRAME (0x8d, "")),
  AFTER_TEXT ("4.2.4", FRAME (0x8e, "Hello, world!"), .chop = CASE_FRAMEWISE),
  AFTER_TEXT ("4.2.5", FRAME (0x8f, "Hello, world!"), .chop = 1),

  /* 5: fragments */
  { "5.1", { FRAME (CASE_PING & ~CASE_FIN, "fragment1"), END ("fragment2") }, .close = 1002 },
  { "5.2", { FRAME (CASE_PONG & ~CASE_FIN, "fragment1"), END ("fragment2") }, .close = 1002 },
  { "5.3", { BEGIN ("fragment1"), END ("fragment2") }, FRAGMENTS, .close = 1000 },
  { "5.4", { BEGIN ("fragment1"), END ("fragment2") }, FRAGMENTS, .close = 1000, .chop = CASE_FRAMEWISE },
  { "5.5", { BEGIN ("fragment1"), END ("fragment2") }, FRAGMENTS, .close = 1000, .chop = 1 },
  PING_INSIDE ("5.6"),
  PING_INSIDE ("5.7", .chop = CASE_FRAMEWISE),
  PING_INSIDE ("5.8", .chop = 1),
  { "5.9", { END ("nothing to continue"), TEXT ("Hello, world!") }, .close = 1002 },
  { "5.10", { END ("nothing to continue"), TEXT ("Hello, world!") }, .close = 1002, .chop = CASE_FRAMEWISE },
  { "5.11", { END ("nothing to continue"), TEXT ("Hello, world!") }, .close = 1002, .chop = 1 },
  { "5.12", { PART ("nothing to continue"), TEXT ("Hello, world!") }, .close = 1002 },
  { "5.13", { PART ("nothing to continue"), TEXT ("Hello, world!") }, .close = 1002, .chop = CASE_FRAMEWISE },
  { "5.14", { PART ("nothing to continue"), TEXT ("Hello, world!") }, .close = 1002, .chop = 1 },
  { "5.15", { BEGIN ("fragment1"), END ("fragment2"), PART ("fragment3"), TEXT ("fragment4") }, FRAGMENTS,
    .close = 1002 },
  { "5.16", { PART ("fragment1"), BEGIN ("fragment2"), END ("fragment3") }, .close = 1002, .rounds = 2 },
  { "5.17", { END ("fragment1"), BEGIN ("fragment2"), END ("fragment3") }, .close = 1002, .rounds = 2 },
  { "5.18", { BEGIN ("fragment1"), TEXT ("fragment2") }, .close = 1002 },
  { "5.19", SLOW_FRAGMENTS, SLOW_ANSWERS, .close = 1000 },
  { "5.20", SLOW_FRAGMENTS, SLOW_ANSWERS, .close = 1000, .chop = CASE_FRAMEWISE },

  /* 6: UTF-8 */
  GOOD ("6.1.1", ""),
  { "6.1.2", { BEGIN (""), PART (""), END ("") }, { TEXT ("") }, .close = 1000 },
  { "6.1.3", { BEGIN (""), PART ("middle"), END ("") }, { TEXT ("middle") }, .close = 1000 },
  GOOD ("6.2.1", HELLO HELLO_REST),
  { "6.2.2", { BEGIN (HELLO), END (HELLO_REST) }, { TEXT (HELLO HELLO_REST) }, .close = 1000 },
  { "6.2.3", { TEXT (HELLO HELLO_REST) }, { TEXT (HELLO HELLO_REST) }, .close = 1000, .fragment = 1 },
  { "6.2.4", { TEXT (GREEK) }, { TEXT (GREEK) }, .close = 1000, .fragment = 1 },
  BAD ("6.3.1", SURROGATE),
  { "6.3.2", { TEXT (SURROGATE) }, .close = 1007, .fragment = 1 },

  /* A text that becomes invalid in the middle. The library finds this out at its end, which Autobahn
   * calls “non-strict”. */
  { "6.4.1", { BEGIN (GREEK), PAUSE (0), PART ("\xf4\x90\x80\x80"), PAUSE (0), END ("edited") },
    .close = 1007 },
  { "6.4.2", { BEGIN (GREEK "\xf4"), PAUSE (0), PART ("\x90"), PAUSE (0), END ("\x80\x80" "edited") },
    .close = 1007 },
  { "6.4.3", { TEXT (TOO_HIGH) }, .close = 1007, .cuts = { 11, 15 } },
  { "6.4.4", { TEXT (TOO_HIGH) }, .close = 1007, .cuts = { 12, 13 } },

  /* Characters of one to four bytes. */
  GOOD ("6.5.1", "hello$world"),
  GOOD ("6.5.2", "hello\xc2\xa2world"),
  GOOD ("6.5.3", "hello\xe2\x82\xacworld"),
  GOOD ("6.5.4", "hello\xf0\xa4\xad\xa2world"),
  GOOD ("6.5.5", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"),

  /* A text that is cut after each of its bytes. */
  BAD ("6.6.1", "\xce"),
  GOOD ("6.6.2", "\xce\xba"),
  BAD ("6.6.3", "\xce\xba\xe1"),
  BAD ("6.6.4", "\xce\xba\xe1\xbd"),
  GOOD ("6.6.5", "\xce\xba\xe1\xbd\xb9"),
  BAD ("6.6.6", "\xce\xba\xe1\xbd\xb9\xcf"),
  GOOD ("6.6.7", "\xce\xba\xe1\xbd\xb9\xcf\x83"),
  BAD ("6.6.8", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce"),
  GOOD ("6.6.9", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc"),
  BAD ("6.6.10", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce"),
  GOOD ("6.6.11", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"),

  /* The first character of each length. */
  GOOD ("6.7.1", "\x00"),
  GOOD ("6.7.2", "\xc2\x80"),
  GOOD ("6.7.3", "\xe0\xa0\x80"),
  GOOD ("6.7.4", "\xf0\x90\x80\x80"),

  /* The first sequence of five and of six bytes. */
  BAD ("6.8.1", "\xf8\x88\x80\x80\x80"),
  BAD ("6.8.2", "\xfc\x84\x80\x80\x80\x80"),

  /* The last character of each length. */
  GOOD ("6.9.1", "\x7f"),
  GOOD ("6.9.2", "\xdf\xbf"),
  GOOD ("6.9.3", "\xef\xbf\xbf"),
  GOOD ("6.9.4", "\xf4\x8f\xbf\xbf"),

  /* The last sequence of four, five and six bytes. */
  BAD ("6.10.1", "\xf7\xbf\xbf\xbf"),
  BAD ("6.10.2", "\xfb\xbf\xbf\xbf\xbf"),
  BAD ("6.10.3", "\xfd\xbf\xbf\xbf\xbf\xbf"),

  /* Around the surrogates, and around the last character, U+10FFFF. */
  GOOD ("6.11.1", "\xed\x9f\xbf"),
  GOOD ("6.11.2", "\xee\x80\x80"),
  GOOD ("6.11.3", "\xef\xbf\xbd"),
  GOOD ("6.11.4", "\xf4\x8f\xbf\xbf"),
  BAD ("6.11.5", "\xf4\x90\x80\x80"),

  /* Continuation bytes without a start. */
  BAD ("6.12.1", "\x80"),
  BAD ("6.12.2", "\xbf"),
  BAD ("6.12.3", "\x80\xbf"),
  BAD ("6.12.4", "\x80\xbf\x80"),
  BAD ("6.12.5", "\x80\xbf\x80\xbf"),
  BAD ("6.12.6", "\x80\xbf\x80\xbf\x80"),
  BAD ("6.12.7", "\x80\xbf\x80\xbf\x80\xbf"),
  BAD ("6.12.8", "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93"
       "\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7"
       "\xa8\xa9\xaa\xab\xac\xad\xae\xaf\xb0\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xbb"
       "\xbc\xbd\xbe"),

  /* Starts without continuation bytes. */
  BAD ("6.13.1", "\xc0 \xc1 \xc2 \xc3 \xc4 \xc5 \xc6 \xc7 \xc8 \xc9 "
       "\xca \xcb \xcc \xcd \xce \xcf \xd0 \xd1 \xd2 \xd3 "
       "\xd4 \xd5 \xd6 \xd7 \xd8 \xd9 \xda \xdb \xdc \xdd "
       "\xde "),
  BAD ("6.13.2", "\xe0 \xe1 \xe2 \xe3 \xe4 \xe5 \xe6 \xe7 \xe8 \xe9 \xea \xeb \xec \xed \xee "),
  BAD ("6.13.3", "\xf0 \xf1 \xf2 \xf3 \xf4 \xf5 \xf6 "),
  BAD ("6.13.4", "\xf8 \xf9 \xfa "),
  BAD ("6.13.5", "\xfc "),

  /* Sequences without their last byte. */
  BAD ("6.14.1", "\xc0"),
  BAD ("6.14.2", "\xe0\x80"),
  BAD ("6.14.3", "\xf0\x80\x80"),
  BAD ("6.14.4", "\xf8\x80\x80\x80"),
  BAD ("6.14.5", "\xfc\x80\x80\x80\x80"),
  BAD ("6.14.6", "\xdf"),
  BAD ("6.14.7", "\xef\xbf"),
  BAD ("6.14.8", "\xf7\xbf\xbf"),
  BAD ("6.14.9", "\xfb\xbf\xbf\xbf"),
  BAD ("6.14.10", "\xfd\xbf\xbf\xbf\xbf"),

  /* All of these in one text. */
  BAD ("6.15.1", "\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf"
       "\xbf\xfb\xbf\xbf\xbf\xfd\xbf\xbf\xbf\xbf"),

  /* Bytes that no encoding contains. */
  BAD ("6.16.1", "\xfe"),
  BAD ("6.16.2", "\xff"),
  BAD ("6.16.3", "\xfe\xfe\xff\xff"),

  /* Overlong encodings of a slash. */
  BAD ("6.17.1", "\xc0\xaf"),
  BAD ("6.17.2", "\xe0\x80\xaf"),
  BAD ("6.17.3", "\xf0\x80\x80\xaf"),
  BAD ("6.17.4", "\xf8\x80\x80\x80\xaf"),
  BAD ("6.17.5", "\xfc\x80\x80\x80\x80\xaf"),

  /* The longest overlong encodings. */
  BAD ("6.18.1", "\xc1\xbf"),
  BAD ("6.18.2", "\xe0\x9f\xbf"),
  BAD ("6.18.3", "\xf0\x8f\xbf\xbf"),
  BAD ("6.18.4", "\xf8\x87\xbf\xbf\xbf"),
  BAD ("6.18.5", "\xfc\x83\xbf\xbf\xbf\xbf"),

  /* Overlong encodings of U+0000. */
  BAD ("6.19.1", "\xc0\x80"),
  BAD ("6.19.2", "\xe0\x80\x80"),
  BAD ("6.19.3", "\xf0\x80\x80\x80"),
  BAD ("6.19.4", "\xf8\x80\x80\x80\x80"),
  BAD ("6.19.5", "\xfc\x80\x80\x80\x80\x80"),

  /* Surrogates. */
  BAD ("6.20.1", "\xed\xa0\x80"),
  BAD ("6.20.2", "\xed\xad\xbf"),
  BAD ("6.20.3", "\xed\xae\x80"),
  BAD ("6.20.4", "\xed\xaf\xbf"),
  BAD ("6.20.5", "\xed\xb0\x80"),
  BAD ("6.20.6", "\xed\xbe\x80"),
  BAD ("6.20.7", "\xed\xbf\xbf"),

  /* Pairs of surrogates. */
  BAD ("6.21.1", "\xed\xa0\x80\xed\xb0\x80"),
  BAD ("6.21.2", "\xed\xa0\x80\xed\xbf\xbf"),
  BAD ("6.21.3", "\xed\xad\xbf\xed\xb0\x80"),
  BAD ("6.21.4", "\xed\xad\xbf\xed\xbf\xbf"),
  BAD ("6.21.5", "\xed\xae\x80\xed\xb0\x80"),
  BAD ("6.21.6", "\xed\xae\x80\xed\xbf\xbf"),
  BAD ("6.21.7", "\xed\xaf\xbf\xed\xb0\x80"),
  BAD ("6.21.8", "\xed\xaf\xbf\xed\xbf\xbf"),

  /* Noncharacters, which are valid. */
  GOOD ("6.22.1", "\xef\xbf\xbe"),
  GOOD ("6.22.2", "\xef\xbf\xbf"),
  GOOD ("6.22.3", "\xf0\x9f\xbf\xbe"),
  GOOD ("6.22.4", "\xf0\x9f\xbf\xbf"),
  GOOD ("6.22.5", "\xf0\xaf\xbf\xbe"),
  GOOD ("6.22.6", "\xf0\xaf\xbf\xbf"),
  GOOD ("6.22.7", "\xf0\xbf\xbf\xbe"),
  GOOD ("6.22.8", "\xf0\xbf\xbf\xbf"),
  GOOD ("6.22.9", "\xf1\x8f\xbf\xbe"),
  GOOD ("6.22.10", "\xf1\x8f\xbf\xbf"),
  GOOD ("6.22.11", "\xf1\x9f\xbf\xbe"),
  GOOD ("6.22.12", "\xf1\x9f\xbf\xbf"),
  GOOD ("6.22.13", "\xf1\xaf\xbf\xbe"),
  GOOD ("6.22.14", "\xf1\xaf\xbf\xbf"),
  GOOD ("6.22.15", "\xf1\xbf\xbf\xbe"),
  GOOD ("6.22.16", "\xf1\xbf\xbf\xbf"),
  GOOD ("6.22.17", "\xf2\x8f\xbf\xbe"),
  GOOD ("6.22.18", "\xf2\x8f\xbf\xbf"),
  GOOD ("6.22.19", "\xf2\x9f\xbf\xbe"),
  GOOD ("6.22.20", "\xf2\x9f\xbf\xbf"),
  GOOD ("6.22.21", "\xf2\xaf\xbf\xbe"),
  GOOD ("6.22.22", "\xf2\xaf\xbf\xbf"),
  GOOD ("6.22.23", "\xf2\xbf\xbf\xbe"),
  GOOD ("6.22.24", "\xf2\xbf\xbf\xbf"),
  GOOD ("6.22.25", "\xf3\x8f\xbf\xbe"),
  GOOD ("6.22.26", "\xf3\x8f\xbf\xbf"),
  GOOD ("6.22.27", "\xf3\x9f\xbf\xbe"),
  GOOD ("6.22.28", "\xf3\x9f\xbf\xbf"),
  GOOD ("6.22.29", "\xf3\xaf\xbf\xbe"),
  GOOD ("6.22.30", "\xf3\xaf\xbf\xbf"),
  GOOD ("6.22.31", "\xf3\xbf\xbf\xbe"),
  GOOD ("6.22.32", "\xf3\xbf\xbf\xbf"),
  GOOD ("6.22.33", "\xf4\x8f\xbf\xbe"),
  GOOD ("6.22.34", "\xf4\x8f\xbf\xbf"),

  /* Specials. */
  GOOD ("6.23.1", "\xef\xbf\xb9"),
  GOOD ("6.23.2", "\xef\xbf\xba"),
  GOOD ("6.23.3", "\xef\xbf\xbb"),
  GOOD ("6.23.4", "\xef\xbf\xbc"),
  GOOD ("6.23.5", "\xef\xbf\xbd"),
  GOOD ("6.23.6", "\xef\xbf\xbe"),
  GOOD ("6.23.7", "\xef\xbf\xbf"),

  /* 7: the closing handshake */
  { "7.1.1", { TEXT ("Hello World!"), CLOSE ("\x03\xe8") }, { TEXT ("Hello World!") }, .close = 1000 },
  { "7.1.2", { CLOSE ("\x03\xe8"), CLOSE ("") }, .close = 1000 },
  { "7.1.3", { CLOSE ("\x03\xe8"), PING ("") }, .close = 1000 },
  { "7.1.4", { CLOSE ("\x03\xe8"), TEXT ("Hello World!") }, .close = 1000 },
  { "7.1.5", { BEGIN ("fragment1"), CLOSE ("\x03\xe8"), END ("fragment2") }, .close = 1000 },
  { "7.1.6", { LARGE_TEXT, TEXT ("Hello World!"), CLOSE ("\x03\xe8"), PING ("") },
    { LARGE_TEXT, TEXT ("Hello World!") }, .close = 1000 },
  { "7.3.1", { CLOSE ("") }, .close = 1000 },
  { "7.3.2", { CLOSE ("a") }, .close = 1002 },
  { "7.3.3", { CLOSE ("\x03\xe8") }, .close = 1000 },
  { "7.3.4", { CLOSE ("\x03\xe8" "Hello World!") }, .close = 1000, .reason = "Hello World!" },
  { "7.3.5", { CLOSE ("\x03\xe8" REASON_OF_123) }, .close = 1000, .reason = REASON_OF_123 },
  { "7.3.6", { CLOSE ("\x03\xe8" REASON_OF_123 "*") }, .close = 1002 },
  { "7.5.1", { CLOSE ("\x03\xe8" SURROGATE) }, .close = 1002 },
  { "7.7.1", { CLOSE ("\x03\xe8") }, .close = 1000 },
  { "7.7.2", { CLOSE ("\x03\xe9") }, .close = 1001 },
  { "7.7.3", { CLOSE ("\x03\xea") }, .close = 1002 },
  { "7.7.4", { CLOSE ("\x03\xeb") }, .close = 1003 },
  { "7.7.5", { CLOSE ("\x03\xef") }, .close = 1007 },
  { "7.7.6", { CLOSE ("\x03\xf0") }, .close = 1008 },
  { "7.7.7", { CLOSE ("\x03\xf1") }, .close = 1009 },
  { "7.7.8", { CLOSE ("\x03\xf2") }, .close = 1010 },
  { "7.7.9", { CLOSE ("\x03\xf3") }, .close = 1011 },
  { "7.7.10", { CLOSE ("\x0b\xb8") }, .close = 3000 },
  { "7.7.11", { CLOSE ("\x0f\x9f") }, .close = 3999 },
  { "7.7.12", { CLOSE ("\x0f\xa0") }, .close = 4000 },
  { "7.7.13", { CLOSE ("\x13\x87") }, .close = 4999 },
  { "7.9.1", { CLOSE ("\x00\x00") }, .close = 1002 },
  { "7.9.2", { CLOSE ("\x03\xe7") }, .close = 1002 },
  { "7.9.3", { CLOSE ("\x03\xec") }, .close = 1002 },
  { "7.9.4", { CLOSE ("\x03\xed") }, .close = 1002 },
  { "7.9.5", { CLOSE ("\x03\xee") }, .close = 1002 },
  { "7.9.6", { CLOSE ("\x03\xf8") }, .close = 1002 },
  { "7.9.7", { CLOSE ("\x04\x4c") }, .close = 1002 },
  { "7.9.8", { CLOSE ("\x07\xd0") }, .close = 1002 },
  { "7.9.9", { CLOSE ("\x0b\xb7") }, .close = 1002 },
  { "7.13.1", { CLOSE ("\x13\x88") }, .close = 1002 },
  { "7.13.2", { CLOSE ("\xff\xff") }, .close = 1002 },

  /* 9: large messages, with a sixteenth of their sizes */
  SIZE ("9.1.1", CASE_TEXT, 4 * KIB),
  SIZE ("9.1.2", CASE_TEXT, 16 * KIB),
  SIZE ("9.1.3", CASE_TEXT, 64 * KIB),
  SIZE ("9.1.4", CASE_TEXT, 256 * KIB),
  SIZE ("9.1.5", CASE_TEXT, 512 * KIB),
  SIZE ("9.1.6", CASE_TEXT, 1024 * KIB),
  SIZE ("9.2.1", CASE_BINARY, 4 * KIB),
  SIZE ("9.2.2", CASE_BINARY, 16 * KIB),
  SIZE ("9.2.3", CASE_BINARY, 64 * KIB),
  SIZE ("9.2.4", CASE_BINARY, 256 * KIB),
  SIZE ("9.2.5", CASE_BINARY, 512 * KIB),
  SIZE ("9.2.6", CASE_BINARY, 1024 * KIB),
  SIZE ("9.3.1", CASE_TEXT, 256 * KIB, .fragment = 64),
  SIZE ("9.3.2", CASE_TEXT, 256 * KIB, .fragment = 256),
  SIZE ("9.3.3", CASE_TEXT, 256 * KIB, .fragment = 64),
  SIZE ("9.3.4", CASE_TEXT, 256 * KIB, .fragment = 256),
  SIZE ("9.3.5", CASE_TEXT, 256 * KIB, .fragment = 1024),
  SIZE ("9.3.6", CASE_TEXT, 256 * KIB, .fragment = 4096),
  SIZE ("9.3.7", CASE_TEXT, 256 * KIB, .fragment = 16384),
  SIZE ("9.3.8", CASE_TEXT, 256 * KIB, .fragment = 65536),
  SIZE ("9.3.9", CASE_TEXT, 256 * KIB, .fragment = 262144),
  SIZE ("9.4.1", CASE_BINARY, 256 * KIB, .fragment = 64),
  SIZE ("9.4.2", CASE_BINARY, 256 * KIB, .fragment = 256),
  SIZE ("9.4.3", CASE_BINARY, 256 * KIB, .fragment = 64),
  SIZE ("9.4.4", CASE_BINARY, 256 * KIB, .fragment = 256),
  SIZE ("9.4.5", CASE_BINARY, 256 * KIB, .fragment = 1024),
  SIZE ("9.4.6", CASE_BINARY, 256 * KIB, .fragment = 4096),
  SIZE ("9.4.7", CASE_BINARY, 256 * KIB, .fragment = 16384),
  SIZE ("9.4.8", CASE_BINARY, 256 * KIB, .fragment = 65536),
  SIZE ("9.4.9", CASE_BINARY, 256 * KIB, .fragment = 262144),
  SIZE ("9.5.1", CASE_TEXT, 64 * KIB, .chop = 64),
  SIZE ("9.5.2", CASE_TEXT, 64 * KIB, .chop = 128),
  SIZE ("9.5.3", CASE_TEXT, 64 * KIB, .chop = 256),
  SIZE ("9.5.4", CASE_TEXT, 64 * KIB, .chop = 512),
  SIZE ("9.5.5", CASE_TEXT, 64 * KIB, .chop = 1024),
  SIZE ("9.5.6", CASE_TEXT, 64 * KIB, .chop = 2048),
  SIZE ("9.6.1", CASE_BINARY, 64 * KIB, .chop = 64),
  SIZE ("9.6.2", CASE_BINARY, 64 * KIB, .chop = 128),
  SIZE ("9.6.3", CASE_BINARY, 64 * KIB, .chop = 256),
  SIZE ("9.6.4", CASE_BINARY, 64 * KIB, .chop = 512),
  SIZE ("9.6.5", CASE_BINARY, 64 * KIB, .chop = 1024),
  SIZE ("9.6.6", CASE_BINARY, 64 * KIB, .chop = 2048),
  SIZE ("9.7.1", CASE_TEXT, 0, .rounds = ROUNDS),
  SIZE ("9.7.2", CASE_TEXT, 16, .rounds = ROUNDS),
  SIZE ("9.7.3", CASE_TEXT, 64, .rounds = ROUNDS),
  SIZE ("9.7.4", CASE_TEXT, 256, .rounds = ROUNDS),
  SIZE ("9.7.5", CASE_TEXT, 1024, .rounds = ROUNDS),
  SIZE ("9.7.6", CASE_TEXT, 4096, .rounds = ROUNDS),
  SIZE ("9.8.1", CASE_BINARY, 0, .rounds = ROUNDS),
  SIZE ("9.8.2", CASE_BINARY, 16, .rounds = ROUNDS),
  SIZE ("9.8.3", CASE_BINARY, 64, .rounds = ROUNDS),
  SIZE ("9.8.4", CASE_BINARY, 256, .rounds = ROUNDS),
  SIZE ("9.8.5", CASE_BINARY, 1024, .rounds = ROUNDS),
  SIZE ("9.8.6", CASE_BINARY, 4096, .rounds = ROUNDS),

  /* 10: fragments that do not divide the message */
  SIZE ("10.1.1", CASE_TEXT, 65536, .fragment = 1300),
};

const guint n_cases = G_N_ELEMENTS (cases);
