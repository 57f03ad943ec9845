// The focus, when a panel is replaced by the next one. What was pressed may be disabled in the new
// one and would leave the focus nowhere.
export class PanelFocus {
  #editor;
  // The id of what had the focus in the panel that goes; "" for something without one, null when
  // the focus was elsewhere.
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
    // After the last Undo that is the text: on Run, one press more would run.
    else if (id === 'undo' || id === 'redo') this.#editor.view.focus();
    else document.getElementById('run').focus({ preventScroll: true });
  }
}
