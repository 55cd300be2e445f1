import type { Entry } from '../entry.ts';
import { katyusha, katyushaChecks } from './katyusha.ts';
import { saga, sagaChecks } from './saga.ts';
import { scsg, scsgChecks } from './scsg.ts';
import { svrg, svrgChecks } from './svrg.ts';

/** The methods that change the gradient and not the samples. */
export const varianceReduced: readonly Entry[] = [
  {
    name: 'svrg',
    paper: 'Johnson & Zhang 2013',
    biased: false,
    cost: 'a second gradient; a pass over all samples every 5 epochs',
    bytesPerSample: 0,
    streams: false,
    use: 'to solve a convex problem to many digits',
    avoid: 'for deep networks, where it loses to uniform SGD at equal time',
    options: Object.keys(svrgChecks),
    make: svrg,
  },
  {
    name: 'saga',
    paper: 'Defazio et al. 2014',
    biased: false,
    cost: 'none after one pass over all samples; a gradient kept for each batch',
    bytesPerSample: 8,
    streams: false,
    use: 'to solve a convex problem with few parameters to many digits',
    avoid: 'when N/b copies of the parameters do not fit in memory',
    options: Object.keys(sagaChecks),
    make: saga,
  },
  {
    name: 'scsg',
    paper: 'Lei et al. 2017',
    biased: false,
    cost: 'a second gradient; a gradient of B samples every B/b steps, B growing',
    bytesPerSample: 4,
    streams: true,
    use: 'for a convex problem on data too large to go through often',
    avoid: 'for deep networks, where it loses to uniform SGD at equal time',
    options: Object.keys(scsgChecks),
    make: scsg,
  },
  {
    name: 'katyusha',
    paper: 'Allen-Zhu 2017',
    biased: false,
    cost: 'a second gradient; a pass over all samples every 2 epochs',
    bytesPerSample: 0,
    streams: false,
    use: 'to solve an ill-conditioned convex problem to many digits; has its own momentum',
    avoid: 'for deep networks, where it loses to uniform SGD at equal time',
    options: Object.keys(katyushaChecks),
    make: katyusha,
  },
];
