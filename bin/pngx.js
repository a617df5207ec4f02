#!/usr/bin/env node
'use strict';
// Starts the command line. Written for any Node, so that one that is too old gets a sentence, or is replaced by the project's own, rather than a syntax error.
var fs = require('fs');
var path = require('path');

var NEEDED = [22, 19];

function isNewEnough(version) {
  var parts = version.split('.').map(Number);
  return parts[0] > NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] >= NEEDED[1]);
}

function fail(message) {
  process.stderr.write(message + '\n');
  process.exit(3);
}

/** The binary of the `node` package, when it is installed beside us. */
function ownNode() {
  try {
    var folder = path.dirname(require.resolve('node/package.json'));
    var binary = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return fs.existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}

/** Runs this file again on another Node, with the same input and output; signals go on to it, and we end as it ends. */
function runOn(binary) {
  var child;
  // Before it is started: a signal in between would end us alone, and the child would be nobody's.
  ['SIGTERM', 'SIGINT', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      // A terminal sends Ctrl-C to the whole group: the child has it already.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  });
  child = require('child_process').spawn(binary, [module.filename].concat(process.argv.slice(2)), { stdio: 'inherit' });
  child.on('error', function (error) {
    fail("The project's own Node " + binary + ' could not be started: ' + error.message);
  });
  child.on('exit', function (code, signal) {
    process.exit(code !== null ? code : 128 + (require('os').constants.signals[signal] || 0));
  });
}

function start() {
  var entry = path.join(__dirname, '..', 'dist', 'src', 'cli', 'index.js');
  if (!fs.existsSync(entry))
    fail('pngx is not built yet: run "npm run build" in ' + path.join(__dirname, '..') + ' (npm run setup installs what it needs first).');
  require(entry).runPngx(process.argv.slice(2));
}

if (isNewEnough(process.versions.node)) start();
else {
  var other = ownNode();
  if (other === null || other === process.execPath) {
    fail('pngx needs Node.js ' + NEEDED.join('.') + ' or newer; this is ' + process.versions.node + '. Install a newer Node.js (24 is recommended).');
  } else runOn(other);
}
