// SPDX-License-Identifier: LGPL-2.1-or-later
//! Checks text before JSON-GLib parses it. JSON-GLib takes more than JSON, nests until the stack overflows, and
//! silently changes what a node cannot hold.

/// The limit of the library for what it receives and sends.
const MAX_DEPTH: usize = 256;
const INVALID: &str = "The text is not valid JSON";
const TOO_DEEP: &str = "The text is nested too deeply";
const NUMBER: &str = "A node cannot hold a number of this size";
const CHARACTER: &str = "A node cannot hold an escaped NUL or lone surrogate";

type Outcome = Result<(), &'static str>;

/// Whether a text is valid by RFC 8259 and a node can hold it; else what is wrong.
pub(crate) fn check(text: &str) -> Outcome {
    let mut reader = Reader {
        rest: text.as_bytes(),
    };
    reader.read_value(0)?;
    if reader.rest.is_empty() {
        Ok(())
    } else {
        Err(INVALID)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take(&mut self, text: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, text: &[u8]) -> Outcome {
        self.take(text).then_some(()).ok_or(INVALID)
    }

    /// Takes the longest beginning of such bytes, and returns its length.
    fn take_while(&mut self, is_taken: impl Fn(&u8) -> bool) -> usize {
        let length = self
            .rest
            .iter()
            .position(|byte| !is_taken(byte))
            .unwrap_or(self.rest.len());
        self.rest = &self.rest[length..];
        length
    }

    fn skip_space(&mut self) {
        self.take_while(|byte| b" \t\n\r".contains(byte));
    }

    fn read_value(&mut self, depth: usize) -> Outcome {
        self.skip_space();
        match self.rest.first() {
            Some(b'{' | b'[') => self.read_container(depth)?,
            Some(b'"') => self.read_string()?,
            Some(b'-' | b'0'..=b'9') => self.read_number()?,
            _ if self.take(b"true") || self.take(b"false") || self.take(b"null") => (),
            _ => return Err(INVALID),
        }
        self.skip_space();
        Ok(())
    }

    fn read_container(&mut self, depth: usize) -> Outcome {
        let is_object = self.take(b"{");
        let close = if is_object { b"}" } else { b"]" };
        if !is_object {
            self.expect(b"[")?;
        }
        if depth == MAX_DEPTH {
            return Err(TOO_DEEP);
        }
        self.skip_space();
        if self.take(close) {
            return Ok(());
        }
        loop {
            if is_object {
                self.skip_space();
                self.read_string()?;
                self.skip_space();
                self.expect(b":")?;
            }
            self.read_value(depth + 1)?;
            if self.take(close) {
                return Ok(());
            }
            self.expect(b",")?;
        }
    }

    fn read_string(&mut self) -> Outcome {
        self.expect(b"\"")?;
        loop {
            self.take_while(|byte| *byte >= b' ' && !b"\"\\".contains(byte));
            if self.take(b"\"") {
                return Ok(());
            }
            self.expect(b"\\")?;
            if self.take(b"u") {
                self.read_code_point()?;
            } else if !b"\"\\/bfnrt".iter().any(|byte| self.take(&[*byte])) {
                return Err(INVALID);
            }
        }
    }

    /// What follows `\u`, with the other half of a pair of surrogates.
    fn read_code_point(&mut self) -> Outcome {
        let unit = self.read_unit()?;
        let is_high = (0xd800..0xdc00).contains(&unit);
        let other = if is_high && self.take(b"\\u") {
            Some(self.read_unit()?)
        } else {
            None
        };
        match char::decode_utf16([unit].into_iter().chain(other)).next() {
            Some(Ok(character)) if character != '\0' => Ok(()),
            _ => Err(CHARACTER),
        }
    }

    fn read_unit(&mut self) -> Result<u16, &'static str> {
        let digits = self.rest.get(..4).ok_or(INVALID)?;
        self.rest = &self.rest[4..];
        digits.iter().try_fold(0, |unit, digit| {
            let digit = char::from(*digit).to_digit(16).ok_or(INVALID)?;
            Ok(unit << 4 | digit as u16)
        })
    }

    fn read_digits(&mut self) -> Outcome {
        (self.take_while(u8::is_ascii_digit) > 0)
            .then_some(())
            .ok_or(INVALID)
    }

    fn read_number(&mut self) -> Outcome {
        let all = self.rest;
        self.take(b"-");
        if !self.take(b"0") {
            self.read_digits()?;
        }
        let n_integer = all.len() - self.rest.len();
        if self.take(b".") {
            self.read_digits()?;
        }
        if self.take(b"e") || self.take(b"E") {
            let _ = self.take(b"+") || self.take(b"-");
            self.read_digits()?;
        }

        let length = all.len() - self.rest.len();
        let text = std::str::from_utf8(&all[..length]).map_err(|_| INVALID)?;
        let fits = if length == n_integer {
            text.parse::<i64>().is_ok()
        } else {
            text.parse::<f64>().is_ok_and(f64::is_finite)
        };
        fits.then_some(()).ok_or(NUMBER)
    }
}
