import { serve } from '../workers/worker.js';
import { Fleet } from './fleet.js';

serve(new Fleet());
