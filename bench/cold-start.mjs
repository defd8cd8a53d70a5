// One cold start, as a Lambda environment has it: plain JavaScript, so that Node does not load its type stripper before the clock.
// Argument: { module, event, context } in JSON. Answer: a line of JSON, times in ms.
const { module, event, context } = JSON.parse(process.argv[2]);
const [start, cpuBefore, loadedBefore] = [performance.now(), process.cpuUsage(), process.moduleLoadList.length];
const { handler } = await import(module);
const init = performance.now() - start;
const initCpu = cpu();
const loaded = process.moduleLoadList.slice(loadedBefore);
// A function does not cross as JSON; the limit is that of a door.
const answer = await handler(event, {
  ...context,
  getRemainingTimeInMillis: () => 25_000 - (performance.now() - start),
});
const total = performance.now() - start;
const heavy = ['undici', 'http2', 'child_process'].filter((name) => loaded.some((module) => module.includes(name)));
console.log(
  JSON.stringify({ init, initCpu, total, totalCpu: cpu(), builtIns: loaded.length, heavy, status: answer.statusCode }),
);
process.exit(0);

function cpu() {
  const { user, system } = process.cpuUsage(cpuBefore);
  return (user + system) / 1000;
}
