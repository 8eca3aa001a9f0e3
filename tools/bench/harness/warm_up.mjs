/**
 * Has a process take steps for so long that its compilers are done: a training run is thousands of steps, and the first few
 * hundred of a JavaScript engine are slower.
 *
 * @returns Milliseconds a step, at the end.
 */
export async function warmUp(child, seconds) {
  const end = performance.now() + 1000 * seconds;
  let {stepMs} = await child.ask({steps: 1});
  while (performance.now() < end)
    ({stepMs} = await child.ask({steps: Math.max(1, Math.round(500 / stepMs))}));
  return stepMs;
}
