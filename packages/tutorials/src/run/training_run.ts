import {setImmediate} from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {createProgress, type Progress} from '@dp/keras/terminal';
import {
  Ledger,
  poissonSampler,
  privacySpent,
  shuffleSampler,
  type DrawnBatch,
  type PrivacySpent,
  type Sampler,
} from '@dp/optimizers';
import {secureSource, seededSource, type RandomSource} from '@dp/random';

import {useBackend} from '../backend.js';
import type {DownloadOptions} from '../data/download.js';
import {createDownloadProgress} from '../terminal/download_progress.js';
import {interruptible} from '../terminal/interrupt.js';
import type {Streams} from '../terminal/streams.js';
import type {TutorialFlags} from './flags.js';
import {epochRecord, type EpochRecord, type Evaluation} from './history.js';
import {guarantee, headLines, spentLines, type RunFacts} from './lines.js';
import {noiseOf} from './noise.js';
import {openRunFolder, type RunFolder} from './run_folder.js';
import {settingsOf} from './settings.js';
import {writeRunDocuments} from '../report/documents.js';

/** What every loader of data is told. */
export type LoadOptions = Pick<DownloadOptions, 'onProgress' | 'signal'> & {
  readonly dataDir: string | undefined;
};

/** Data as the frame of a run needs to know it. */
export interface LoadedData {
  /** What it is. */
  readonly name: string;
  /** Where it lies, if it is in files. It stays on this machine. */
  readonly path: string | undefined;
  /** Printed first, where the data is not what was asked for. */
  readonly notice: string | undefined;
}

/** What a run trains. */
export interface Trained {
  readonly model: LayersModel;
  readonly optimizer: tf.Optimizer;
  /** On test data. Called after each epoch. */
  readonly evaluate: () => Evaluation | Promise<Evaluation>;
}

/** The public constants of a run and where its releases go: what a private step is made of. */
export interface RunPlan {
  readonly noiseMultiplier: number;
  readonly ledger: Ledger;
  /** Of batches and noise. */
  readonly randomSource: RandomSource;
}

/**
 * What the tutorials have in common: flags, data, batches, printed lines, checkpoints, Ctrl-C, the picture and the page. The
 * training step is the tutorial's own.
 */
export class TrainingRun {
  readonly signal: AbortSignal;
  private readonly progress: Progress;
  private readonly endInterrupt: () => void;
  private folder: RunFolder | undefined;
  private planned: {readonly sampler: Sampler; readonly facts: RunFacts; readonly ledger: Ledger} | undefined;
  private dataName = '';
  private records: EpochRecord[] = [];
  private step = 0;

  constructor(
    private readonly tutorial: string,
    private readonly flags: TutorialFlags,
    private readonly streams: Streams,
  ) {
    this.progress = createProgress(streams.stderr);
    const interrupt = interruptible({
      onInterrupt: () => {
        this.progress.stop();
        streams.stderr.write('Stopping after this step ...\n');
      },
    });
    this.signal = interrupt.signal;
    this.endInterrupt = () => interrupt.dispose();
  }

  /** Draws the batches, after `plan`. */
  get sampler(): Sampler {
    return this.plannedRun().sampler;
  }

  say(line: string): void {
    this.streams.stdout.write(`${line}\n`);
  }

  /** Starts the backend and loads the data, with a live line about downloads. */
  async load<D extends LoadedData>(load: (options: LoadOptions) => Promise<D>): Promise<D> {
    await useBackend(this.flags.backend);
    const line = createDownloadProgress(this.streams.stderr);
    try {
      const {onProgress} = line;
      const data = await load({onProgress, signal: this.signal, dataDir: this.flags.dataDir});
      this.dataName = data.name;
      if (data.notice !== undefined) this.say(`${data.notice}\n`);
      const from = data.path === undefined ? '' : ` from ${data.path}`;
      this.say(`Training on ${data.name}${from}, ${tf.getBackend()} backend.`);
      return data;
    } finally {
      line.stop();
    }
  }

  /**
   * Settles how batches are drawn and how much noise there is, and opens the ledger.
   *
   * @param data - `numExamples`: N, a public constant. `unit`: what one record is. `optimizer`: what gradients are given to.
   * @param settings - Flags of this tutorial alone that must stay the same when the run goes on.
   */
  plan(
    {numExamples, unit, optimizer}: Pick<RunFacts, 'numExamples' | 'unit' | 'optimizer'>,
    settings: Readonly<Record<string, string | number>> = {},
  ): RunPlan {
    const {flags} = this;
    const {batchSize, seed} = flags;
    const randomSource = seed === undefined ? secureSource() : seededSource(seed);
    const makeSampler = flags.dpsgd && flags.sampling === 'poisson' ? poissonSampler : shuffleSampler;
    const sampler = makeSampler({numExamples, batchSize, source: randomSource});
    const {stepsPerEpoch} = sampler;
    const noiseMultiplier = flags.dpsgd ? noiseOf(flags, {numExamples, stepsPerEpoch}) : 0;
    if (flags.modelDir !== undefined)
      this.folder = openRunFolder(flags.modelDir, {
        ...settingsOf(this.tutorial, flags),
        noise_multiplier: noiseMultiplier,
        ...settings,
      });
    const ledger = new Ledger(this.folder?.store);
    const facts = {numExamples, stepsPerEpoch, noiseMultiplier, unit, optimizer};
    this.planned = {sampler, facts, ledger};
    for (const line of headLines(flags, facts)) this.say(line);
    return {noiseMultiplier, ledger, randomSource};
  }

  /**
   * The batches of all epochs, those that are done left out. After each epoch the model is evaluated, and what it has spent
   * is printed and kept.
   */
  async *batches(trained: Trained): AsyncGenerator<DrawnBatch, void> {
    const {sampler} = this.plannedRun();
    await this.restore(trained);
    this.startProgress();
    while (this.step < this.totalSteps && !this.signal.aborted) {
      yield sampler.next();
      await this.endStep(trained);
    }
    await this.finish(trained);
  }

  /** Shows the loss of the step under way on the terminal. Sensitive: it goes nowhere else. */
  showLoss(loss: number): void {
    this.progress.update({step: this.step + 1, loss});
  }

  /** Call it in a `finally`: clears the live line, gives Ctrl-C back and closes the ledger. */
  close(): void {
    this.progress.stop();
    this.endInterrupt();
    this.folder?.close();
  }

  /**
   * For a loop of its own, instead of `batches`: goes on from the checkpoint, if there is one. Then call `endStep` after each
   * step, and `finish`.
   *
   * @returns The number of whole epochs that are done. One that was interrupted begins again; what it released counts too.
   */
  async begin(trained: Trained): Promise<number> {
    await this.restore(trained);
    const {stepsPerEpoch} = this.plannedRun().facts;
    const epochs = Math.floor(this.step / stepsPerEpoch);
    this.step = epochs * stepsPerEpoch;
    this.startProgress();
    return epochs;
  }

  private async restore({model, optimizer}: Trained): Promise<void> {
    const {ledger} = this.plannedRun();
    const checkpoint = this.folder?.load();
    if (checkpoint !== undefined) {
      ledger.checkHolds(checkpoint.position);
      model.setWeights(checkpoint.modelWeights);
      await optimizer.setWeights([...checkpoint.optimizerWeights]);
      tf.dispose(checkpoint.modelWeights);
      this.step = checkpoint.steps;
      this.records = [...checkpoint.epochs];
      this.say(`Going on after ${this.step} steps, ${this.records.length} whole epochs.`);
    }
  }

  /** Counts the step; at the end of an epoch evaluates, prints and saves. */
  async endStep(trained: Trained): Promise<void> {
    this.step++;
    // Lets timers, signals and the terminal have their turn.
    await setImmediate();
    if (this.step % this.plannedRun().facts.stepsPerEpoch === 0) await this.endEpoch(trained);
  }

  /** Where epochs are told apart from steps: shows the loss of a step, which is sensitive, and counts it. Then `endEpoch`. */
  countStep(loss: number): void {
    this.showLoss(loss);
    this.step++;
  }

  /** Evaluates, prints and saves. */
  async endEpoch(trained: Trained): Promise<void> {
    const {facts} = this.plannedRun();
    this.progress.stop();
    const epoch = this.step / facts.stepsPerEpoch;
    const evaluation = await trained.evaluate();
    const spent = this.spent();
    this.records.push(epochRecord(epoch, evaluation, spent));
    this.say(`Test accuracy after ${epoch} epochs is: ${evaluation.accuracy.toFixed(3)}`);
    for (const line of evaluation.lines ?? []) this.say(line);
    for (const line of spentLines(spent, this.flags.delta, facts)) this.say(line);
    await this.save(trained);
    if (this.step < this.totalSteps) this.startProgress();
  }

  /** The last lines, and what `--plot` and `--report` ask for. */
  async finish(trained: Trained): Promise<void> {
    const {flags, records} = this;
    const {facts} = this.plannedRun();
    this.progress.stop();
    if (this.signal.aborted && this.step % facts.stepsPerEpoch !== 0) {
      this.say(`Stopped after ${this.step} steps, ${records.length} whole epochs.`);
      for (const line of spentLines(this.spent(), flags.delta, facts)) this.say(line);
      await this.save(trained);
    }
    if (flags.modelDir !== undefined) this.say(`Saved to ${flags.modelDir}.`);
    const written = await writeRunDocuments({
      tutorial: this.tutorial,
      data: this.dataName,
      flags,
      facts,
      guarantee: guarantee(flags, facts),
      records,
      spent: this.spent(),
    });
    for (const file of written) this.say(`Written: ${file}`);
  }

  private async save({model, optimizer}: Trained): Promise<void> {
    const {position} = this.plannedRun().ledger;
    await this.folder?.save(
      {steps: this.step, epochs: this.records, position},
      model,
      optimizer,
      this.spent(),
    );
  }

  private spent(): PrivacySpent | undefined {
    const {dpsgd, delta} = this.flags;
    const {ledger} = this.plannedRun();
    return dpsgd && ledger.rows.length > 0 ? privacySpent(ledger, {delta}) : undefined;
  }

  private startProgress(): void {
    const {epochs, batchSize} = this.flags;
    const {stepsPerEpoch} = this.plannedRun().facts;
    const epoch = Math.min(Math.floor(this.step / stepsPerEpoch) + 1, epochs);
    this.progress.start(this.totalSteps, {
      label: `epoch ${epoch}/${epochs}`,
      done: this.step,
      examplesPerStep: batchSize,
    });
  }

  private get totalSteps(): number {
    return this.flags.epochs * this.plannedRun().facts.stepsPerEpoch;
  }

  private plannedRun(): NonNullable<TrainingRun['planned']> {
    if (this.planned === undefined) throw new Error('a run must be planned before its first batch');
    return this.planned;
  }
}
