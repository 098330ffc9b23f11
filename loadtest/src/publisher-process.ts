import { Publisher } from './publisher.js';
import { serve } from './worker.js';

serve(new Publisher());
