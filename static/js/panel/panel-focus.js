// The focus when a panel is replaced. The pressed button may be disabled in the new panel, which
// would leave the focus nowhere.
export class PanelFocus {
  #editor;
  // The id of the focused element in the old panel; "" for an element without one, null when the
  // focus was elsewhere.
  #id = null;

  constructor(editor) {
    this.#editor = editor;
  }

  remember(panel) {
    const { activeElement } = document;
    this.#id = panel.contains(activeElement) ? activeElement.id : null;
  }

  restore() {
    const id = this.#id;
    this.#id = null;
    if (id === null || document.activeElement !== document.body) return;
    const same = id && document.getElementById(id);
    if (same && !same.disabled && !same.hidden) same.focus({ preventScroll: true });
    // After the last Undo the focus goes to the text: on Run, one more press would run.
    else if (id === 'undo' || id === 'redo') this.#editor.view.focus();
    else document.getElementById('run').focus({ preventScroll: true });
  }
}
