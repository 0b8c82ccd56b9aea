// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs tests, which are async functions, and prints the results in TAP format.

import GLib from 'gi://GLib';
import System from 'system';

const SECONDS = 20;

export function equal(actual, expected, what = 'value') {
    const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];

    if (left !== right)
        throw new Error(`${what}: ${left}, not ${right}`);
}

export async function raises(action, check, what = 'call') {
    try {
        await action();
    } catch (error) {
        if (!check(error))
            throw new Error(`${what} threw ${error}`);
        return;
    }
    throw new Error(`${what} threw nothing`);
}

export function sleep(milliseconds) {
    return new Promise(resolve => {
        GLib.timeout_add(GLib.PRIORITY_DEFAULT, milliseconds, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        });
    });
}

export async function until(condition) {
    while (!condition())
        await sleep(5);
}

async function runAll(tests) {
    const names = Object.keys(tests);
    let failed = 0;

    print(`1..${names.length}`);
    for (const [index, name] of names.entries()) {
        const deadline = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, SECONDS, () => {
            print(`not ok ${index + 1} - ${name} took too long`);
            System.exit(1);
        });

        try {
            await tests[name]();
            print(`ok ${index + 1} - ${name}`);
        } catch (error) {
            failed++;
            print(`not ok ${index + 1} - ${name}`);
            print(`${error}\n${error.stack}`.replace(/^/gm, '# '));
        }
        GLib.source_remove(deadline);
    }
    return failed > 0 ? 1 : 0;
}

/* GJS 1.74 runs a busy loop for "await" at the top level of a module. */
export function main(tests) {
    const loop = new GLib.MainLoop(null, false);
    let status = 1;

    runAll(tests).then(result => (status = result)).catch(logError).finally(() => loop.quit());
    loop.run();
    System.exit(status);
}
