// A template page: the editor, the parameters, the run and the keys.
import { startDrafts } from './drafts.js';
import { startEditor } from './editor.js';
import { startExamples } from './examples.js';
import { startHints } from './hints.js';
import { startRunKeys } from './keys.js';
import { startLate } from './late.js';
import { startParameters } from './parameters.js';
import { startRun } from './run.js';
import { startSave } from './save.js';
import { startTokenKeys } from './token-keys.js';
import { startTree } from './tree.js';
import { startVariables } from './variables.js';

const editor = startEditor();
startParameters(editor);
startLate(editor);
startVariables(editor);
startExamples();
startHints(editor);
startRun(editor);
startRunKeys();
startDrafts(editor);
startSave();
startTokenKeys();
startTree();
