# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs unittest classes and reports in TAP."""
import sys
import unittest


class TapResult(unittest.TestResult):
    def report(self, test, word, why='', directive=''):
        print(word, self.testsRun, '-', test.id().replace('__main__.', '') + directive, flush=True)
        for line in why.splitlines():
            print('#', line, flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.report(test, 'ok')

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.report(test, 'not ok', self.failures[-1][1])

    def addSubTest(self, test, subtest, err):
        """Reports the test as failed, once for each part that has failed."""
        super().addSubTest(test, subtest, err)
        if err is not None:
            seen = self.failures if issubclass(err[0], test.failureException) else self.errors
            self.report(subtest, 'not ok', seen[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.report(test, 'not ok', self.errors[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.report(test, 'ok', directive=f' # SKIP {reason}')


def main(*classes):
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    suite = unittest.TestSuite(load(each) for each in classes)
    print(f'1..{suite.countTestCases()}', flush=True)
    result = TapResult()
    suite.run(result)
    sys.exit(not result.wasSuccessful())
