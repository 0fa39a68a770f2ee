/** What axe-core finds in a page: WCAG 2.2 A and AA, and its own good practice. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** In the page; a line for each place that violates a rule. */
async function look() {
    const { violations } = await window.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        resultTypes: ['violations'],
    });
    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) =>
        `${id}: ${help}: ${target.join(' ')}: ${failureSummary}`));
}

/** @param {import('./page.js').Page} page */
export async function violations(page) {
    await page.bidi.send('script.evaluate', { expression: source, target: { context: page.context }, awaitPromise: false });
    return page.call(look);
}
