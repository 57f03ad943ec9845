export const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.platform);
