import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { JWK } from 'jose';
import type { Fetch } from '../../src/auth/key-set.js';
import { CapturedLog } from '../support/captured-log.js';
import { keyPair, present, refusal, sign, user, verifierWith } from '../support/tokens.js';

const first = keyPair('P-256');
const second = keyPair('P-256');
const second1 = 1000;
