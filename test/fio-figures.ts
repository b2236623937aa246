// What fio would print: for tests of what is made of it. Its real outputs are in test/fio/.

export interface Told {
  readonly bytesPerSecond: number;
  readonly p99Ns: number;
}

/** As fio answers this command, with the same figures for all that it is asked to do. */
export function fioSays(argv: readonly string[], { bytesPerSecond, p99Ns }: Told): string {
  const word = (name: string) => argv.find((one) => one.startsWith(`--${name}=`))?.split('=')[1] ?? '';
  const kind = word('rw');
  const blockBytes = { '1M': 1 << 20, '8k': 8192, '4k': 4096 }[word('bs')] ?? 4096;
  const percentile = { '50.000000': p99Ns / 2, '99.000000': p99Ns, '99.900000': p99Ns * 2 };
  const side = (isDone: boolean) => {
    const iops = isDone ? bytesPerSecond / blockBytes : 0;
    return {
      io_bytes: isDone ? Number(word('size')) : 0,
      bw_bytes: isDone ? bytesPerSecond : 0,
      iops,
      total_ios: Math.round(iops),
      clat_ns: isDone ? { percentile } : {},
    };
  };
  const isMixed = kind === 'randrw';
  const document = {
    'fio version': 'fio-3.33',
    jobs: [
      {
        jobname: 'baseline',
        error: 0,
        read: side(isMixed || kind.endsWith('read')),
        write: side(isMixed || kind.endsWith('write')),
        sync: { lat_ns: argv.includes('--fdatasync=1') ? { percentile } : {} },
      },
    ],
  };
  return JSON.stringify(document, null, 2);
}
