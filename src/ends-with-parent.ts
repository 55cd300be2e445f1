const script = `process.on('disconnect', () => process.exit(1));
  // This alone keeps no process alive.
  process.channel?.unref();`;

/**
 * Arguments of Node for a process that is started with a channel (`ipc`): it ends when whoever started it does, however that
 * happens, also where that was killed and could say nothing.
 */
export const endsWithParent: readonly string[] = ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
