import axe from 'axe-core';
import type { Page } from 'playwright-core';
import * as z from 'zod';

const ViolationsSchema = z.array(
  z.object({ id: z.string(), help: z.string(), nodes: z.array(z.object({ html: z.string() })) }),
);

/**
 * What axe-core finds wrong with a page, a line each. It runs in a world of its own, which the page's policy does not bind.
 * https://www.w3.org/TR/WCAG22/
 */
export async function violationsOn(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const world = { frameId: frameTree.frame.id, worldName: 'axe' };
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', world);
  await session.send('Runtime.evaluate', { expression: axe.source, contextId });
  const run = `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => JSON.stringify(violations))`;
  const { result } = await session.send('Runtime.evaluate', { expression: run, contextId, awaitPromise: true });
  await session.detach();
  const violations = ViolationsSchema.parse(JSON.parse(String(result.value)));
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

const options = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
};
