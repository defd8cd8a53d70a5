/** The refusal that a call ends with. */
export async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
}
