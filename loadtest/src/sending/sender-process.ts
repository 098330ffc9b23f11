import { serve } from '../workers/worker.js';
import { Sender } from './sender.js';

serve(new Sender());
