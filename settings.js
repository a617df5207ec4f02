// Runs Node-RED as the pngx-controller appliance: node-red -s settings.js
//
// SECRET_KEY            Fernet key that tokens are encrypted with (required; "pngx new-key" makes one)
// DATA_DIR              everything that must outlive a restart; default ./data
// DATABASE_URL          default sqlite:// and DATA_DIR/db.sqlite3
// MASTER_URL, MASTER_TOKEN   taken at the very first start only
// PORT                  default 8000
// PNGX_HOST             address to listen on; loopback only, as there is no login yet
// EDITOR_PASSWORD_HASH  bcrypt hash; with it the editor is at /editor, user "admin"; without it there is no editor
//
// To change a setting of Node-RED itself, make a settings.js of your own:
//   module.exports = { ...require('@pngx/node-red-paperless-sync/settings.js'), functionTimeout: 5 };
const { applianceSettings } = require('./dist/nodes/appliance/settings.js');

function settings() {
  try {
    return applianceSettings(process.env);
  } catch (error) {
    // Ends here, before Node-RED starts: a wrong environment must not look like a running controller.
    process.stderr.write(error.nextStep ? `${error.message} ${error.nextStep}\n` : `${error.stack}\n`);
    process.exit(1);
  }
}

const { database, ...nodeRed } = settings();

// The flow's controller node names no database of its own: this is the one.
process.env.DATABASE_URL = `sqlite:///${database.replaceAll('%', '%25')}`;

module.exports = nodeRed;
