import type { Entry } from '../entry.ts';
import { hardMining, miningChecks, semiHardMining, semiHardMiningChecks } from './hard-mining.ts';
import { hardestPairs, hardestPairsChecks } from './hardest-pairs.ts';

/** The methods that mine samples to train an embedding on. */
export const embeddingMining: readonly Entry[] = [
  {
    name: 'semiHardMining',
    paper: 'Schroff et al. 2015',
    biased: true,
    cost: 'a forward pass of B = 3b samples, all distances between them',
    bytesPerSample: 0,
    streams: true,
    use: 'to train an embedding',
    avoid: 'for classification',
    needs: 'an embedding model compiled with tripletLoss()',
    embedding: 'tripletLoss',
    options: Object.keys(semiHardMiningChecks),
    make: semiHardMining,
  },
  {
    name: 'hardMining',
    paper: 'Schroff et al. 2015',
    biased: true,
    cost: 'a forward pass of B = 3b samples, all distances between them',
    bytesPerSample: 0,
    streams: true,
    use: 'to go on with an embedding that semi-hard mining has trained',
    avoid: 'from scratch, where it may collapse to a point; with label noise',
    needs: 'an embedding model compiled with tripletLoss()',
    embedding: 'tripletLoss',
    options: Object.keys(miningChecks),
    make: hardMining,
  },
  {
    name: 'hardestPairs',
    paper: 'Simo-Serra et al. 2015',
    biased: true,
    cost: 'a forward pass of r = 4 times the rows trained on',
    bytesPerSample: 0,
    streams: true,
    use: 'to train an embedding whose distance itself is used, such as to match patches',
    avoid: 'for classification; with label noise',
    needs: 'an embedding model compiled with pairLoss()',
    embedding: 'pairLoss',
    options: Object.keys(hardestPairsChecks),
    make: hardestPairs,
  },
];
