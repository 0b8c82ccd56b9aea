// SPDX-License-Identifier: LGPL-2.1-or-later
// Exports the namespace "Signal" with the additions for GJS, also if GJS does not search the prefix of
// signal-glib for overrides. Otherwise, the following is sufficient:
//
//   import Signal from 'gi://Signal?version=1.0';

import GLib from 'gi://GLib';

const folder = GLib.path_get_dirname(GLib.filename_from_uri(import.meta.url)[0]);
const installed = GLib.build_filenamev([folder, '..', '..', 'gjs-1.0', 'overrides']);
const {overrides} = imports;

overrides.searchPath.push(GLib.build_filenamev([folder, 'overrides']), installed);
imports.gi.versions.Signal = '1.0';

const {Signal} = imports.gi;

/* The namespace may have been imported before. */
if (!Signal.Client.prototype.sendMessage)
    overrides.Signal._init.call(Signal);

export default Signal;
