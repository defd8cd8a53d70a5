import { readFileSync } from 'node:fs';

/** The resident memory of a process and of those that its main thread started, in bytes; sampled until it is stopped. Linux only. */
export function watchMemory(pid: number) {
  const now = () => treeOf(pid).reduce((sum, one) => sum + residentOf(one), 0);
  let most = 0;
  const sample = () => {
    most = Math.max(most, now());
  };
  const timer = setInterval(sample, 250);
  return {
    now,
    /** The most since the last time it was asked for. */
    takeMost: () => {
      sample();
      const found = most;
      most = 0;
      return found;
    },
    stop: () => clearInterval(timer),
  };
}

function treeOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(treeOf)];
}

function residentOf(pid: number): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
