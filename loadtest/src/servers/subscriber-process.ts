import { serve } from '../workers/worker.js';
import { Subscriber } from './subscriber.js';

serve(new Subscriber());
