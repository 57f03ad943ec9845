// A template page: the editor, the parameters, the run and the keys.

import { startEditor } from './editor/editor.js';
import { startLate } from './editor/late.js';
import { startPromptScores } from './editor/prompt-scores.js';
import { startTokenView } from './editor/token-view.js';
import './elements/column-grip.js';
import './form/example-rows.js';
import { startHints } from './form/hints.js';
import { startParameters } from './form/parameters.js';
import { startVariables } from './form/variables.js';
import { startDrafts } from './library/drafts.js';
import { startSave } from './library/save.js';
import './run/output-card.js';
import { startRun } from './run/run.js';
import { returnToTree } from './run/run-tree.js';
import { startOutputKeys, startSeveral } from './run/several.js';
import { startRunKeys } from './shell/keys.js';

const editor = startEditor();
startParameters(editor);
startLate(editor);
startVariables(editor);
startHints(editor);
startSeveral();
startOutputKeys();
startRun(editor);
startRunKeys();
startTokenView(editor);
startPromptScores(editor);
startDrafts(editor);
startSave(editor);
returnToTree();
