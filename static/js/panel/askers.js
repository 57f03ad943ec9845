// Which press brought a panel, by the id of what was pressed.
//
// 'run': a new run, or several; 'sibling': another run of the same prompt, made now or before. Any
// other id is its own name.
const RUNS = new Set(['run', 'run-several']);
const SIBLINGS = /^(previous-sibling|next-sibling|retry|branch|beside|(node|keep|continue)-.+)$/;

const NEW = new Set([...RUNS, 'retry', 'branch']);

// Whether the press made the panel's run.
export function isNewRun(id) {
  return NEW.has(id);
}

export function askerOf(id) {
  if (RUNS.has(id)) return 'run';
  return SIBLINGS.test(id) ? 'sibling' : id;
}
