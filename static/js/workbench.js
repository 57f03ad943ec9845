// A template page: the editor, the parameters, the run and the keys.
import { startEditor } from './editor.js';
import { startKeys } from './keys.js';
import { startParameters } from './parameters.js';
import { startRun } from './run.js';

const editor = startEditor();
startParameters(editor);
startRun(editor);
startKeys();
