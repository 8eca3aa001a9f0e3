import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {LedgerStore, PrivacySpent} from '@dp/optimizers';
import {openLedgerFile} from '@dp/optimizers/node';

import {UsageError} from './usage_error.js';

const LEDGER = 'ledger.jsonl';

/** What a run leaves behind: its ledger, its model and what it spent. */
export interface RunFolder {
  /** Writes each ledger row to disk, and returns only when it is there. */
  readonly store: LedgerStore;
  /** Writes the model (readable by `tf.loadLayersModel` without this library) and the spent privacy. */
  save(model: LayersModel, spent: PrivacySpent | undefined): Promise<void>;
  close(): void;
}

/** @throws UsageError if the folder already holds a run: its releases would be forgotten. */
export function openRunFolder(folder: string): RunFolder {
  const ledgerPath = join(folder, LEDGER);
  if (existsSync(ledgerPath)) {
    throw new UsageError(
      `--model_dir=${folder} already holds the ledger of a run, and its releases would be forgotten. Name a new folder`,
    );
  }
  mkdirSync(folder, {recursive: true});
  const store = openLedgerFile(ledgerPath, {expect: 'new'});
  return {
    store,
    async save(model, spent) {
      await model.save(tf.io.withSaveHandler((artifacts) => Promise.resolve(writeModel(folder, artifacts))));
      if (spent !== undefined)
        writeFileSync(join(folder, 'privacy.json'), `${JSON.stringify(spent, null, 2)}\n`);
    },
    close: () => store.close(),
  };
}

function writeModel(folder: string, artifacts: tf.io.ModelArtifacts): tf.io.SaveResult {
  const {weightData, weightSpecs, ...topology} = artifacts;
  const weights = 'weights.bin';
  const data = weightData === undefined ? new ArrayBuffer(0) : tf.io.CompositeArrayBuffer.join(weightData);
  writeFileSync(join(folder, weights), new Uint8Array(data));
  writeFileSync(
    join(folder, 'model.json'),
    JSON.stringify({...topology, weightsManifest: [{paths: [weights], weights: weightSpecs ?? []}]}),
  );
  return {
    modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON', weightDataBytes: data.byteLength},
  };
}
