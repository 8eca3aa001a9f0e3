import {DpError} from '@dp/optimizers';

import type {FromWorker, SumRequest, ToWorker, WorkerStart} from './protocol.js';
import {ifShared} from './memory.js';
import {buffersOf} from './tensors.js';
import type {Thread} from './thread.js';

type Answer<K extends FromWorker['kind']> = Extract<FromWorker, {kind: K}>;

interface Pending {
  readonly resolve: (answer: FromWorker) => void;
  readonly reject: (reason: DpError) => void;
}

/** One thread of a pool: a question at a time. Once it has failed it answers nothing more. */
export class Member {
  private pending: Pending | undefined;
  private failure: DpError | undefined;

  /**
   * @param name - For errors.
   * @param memory - Where the thread puts its sums, if it is shared.
   */
  constructor(
    private readonly name: string,
    private readonly thread: Thread,
    private readonly memory: ArrayBufferLike,
  ) {
    thread.onMessage((message) => this.take(message as FromWorker));
    thread.onEnd((why) => this.fail(why));
  }

  /** @param wanted - Sizes of the weights, in order. */
  async start(options: Omit<WorkerStart, 'kind' | 'sums'>, wanted: string): Promise<void> {
    const sums = ifShared(this.memory);
    const {sizes} = await this.ask('ready', {kind: 'start', sums, ...options}, []);
    if (sizes.join() === wanted) return;
    throw this.fail(
      `its model has trainable weights of sizes ${sizes.join()}, and this one ${wanted}: freeze layers before the model is made private, ` +
        'in its configuration, or use workers: 1',
    );
  }

  /** The answer, and where its sums are until the next. */
  async sum(
    request: Omit<SumRequest, 'kind'>,
  ): Promise<Omit<Answer<'summed'>, 'sums'> & {readonly sums: ArrayBufferLike}> {
    const answer = await this.ask('summed', {kind: 'sum', ...request}, request.pieces.flatMap(buffersOf));
    return {...answer, sums: answer.sums ?? this.memory};
  }

  end(): void {
    this.fail('it was ended');
    this.thread.end();
  }

  private async ask<K extends FromWorker['kind']>(
    kind: K,
    message: ToWorker,
    transfer: readonly ArrayBuffer[],
  ): Promise<Answer<K>> {
    if (this.failure !== undefined) throw this.failure;
    // After a step that failed elsewhere: the answer that comes next would be taken for the new one.
    if (this.pending !== undefined) throw this.fail(`it was still at work on a step that had failed`);
    const answer = await new Promise<FromWorker>((resolve, reject) => {
      this.pending = {resolve, reject};
      this.thread.post(message, transfer);
    });
    if (answer.kind === kind) return answer as Answer<K>;
    throw this.fail(
      answer.kind === 'failed' ? answer.message : `it answered '${answer.kind}' to '${message.kind}'`,
    );
  }

  private take(answer: FromWorker): void {
    const {pending} = this;
    this.pending = undefined;
    pending?.resolve(answer);
  }

  /** The first failure stays. */
  private fail(why: string): DpError {
    this.failure ??= new DpError(
      'WORKER_FAILED',
      `${this.name} failed: ${why}. Nothing was released by this step`,
    );
    this.pending?.reject(this.failure);
    this.pending = undefined;
    return this.failure;
  }
}
